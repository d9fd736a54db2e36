import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Credentials, faultsOf } from '../../src/security/credentials.ts'
import type { TlsMaterial, TlsPlaces } from '../../src/security/tls.ts'
import { Authority, type Issued, textOf } from '../support/certificates.ts'

const authority = new Authority()
const ours = authority.issue('ours')
const others = authority.issue('others')
afterAll(() => {
  authority[Symbol.dispose]()
  vi.unstubAllEnvs()
})

const right: TlsPlaces = { ca: authority.certificate, ...ours }
const keystoreOf = (issued: Issued, password = ''): TlsMaterial => ({
  ca: authority.certificate,
  certificate: undefined,
  key: undefined,
  keystore: authority.keystore(issued, { password }),
  ...(password === '' ? {} : { keystorePassword: () => password }),
})
const at = (name: string) => join(authority.folder, name)
const file = (name: string, text: string) => authority.write(name, text)

describe('what connections are secured with', () => {
  it.each<[string, () => TlsMaterial]>([
    ['files', () => right],
    ['a key that is encrypted', () => ({ ...right, key: authority.lock(ours, 'secret'), keyPassword: () => 'secret' })],
    ['a password that a key does not need', () => ({ ...right, keyPassword: () => 'secret' })],
    ['a keystore', () => keystoreOf(ours, 'secret')],
    ['a keystore whose password is empty', () => keystoreOf(ours)],
    [
      'a keystore in a variable, in base64',
      () => {
        const { keystore, ...others } = keystoreOf(ours, 'secret')
        vi.stubEnv('OUR_KEYSTORE', readFileSync(keystore!).toString('base64'))
        return { ...others, keystore: 'env:OUR_KEYSTORE' }
      },
    ],
    ['a revocation list', () => ({ ...right, crl: authority.revoke([others]) })],
    [
      'a revocation list that holds beyond 2049, where times are written otherwise',
      () => ({ ...right, crl: authority.revoke([], { days: 12_000 }) }),
    ],
    [
      'a folder of revocation lists',
      () => {
        const folder = at('revoked')
        mkdirSync(folder)
        copyFileSync(authority.revoke([]), join(folder, '0123abcd.r0'))
        copyFileSync(authority.revoke([others]), join(folder, 'more.crl'))
        return { ...right, crl: folder }
      },
    ],
    ['nothing but whom Node trusts', () => ({ ca: undefined, certificate: undefined, key: undefined })],
    [
      'one file that holds certificate and key',
      () => {
        const both = file('both.pem', textOf(ours.key) + textOf(ours.certificate))
        return { ca: undefined, certificate: both, key: both }
      },
    ],
    [
      'a folder, of which other files and links into nothing are of no matter',
      () => {
        const folder = at('trusted')
        mkdirSync(folder)
        copyFileSync(authority.certificate, join(folder, 'ca.crt'))
        writeFileSync(join(folder, 'README'), 'no certificate')
        mkdirSync(join(folder, 'older.pem'))
        return { ...right, ca: folder }
      },
    ],
    [
      'variables, with new lines as some files of variables write them',
      () => {
        vi.stubEnv('OUR_CA', textOf(authority.certificate))
        vi.stubEnv('OUR_CERTIFICATE', textOf(ours.certificate).replaceAll('\n', '\\n'))
        vi.stubEnv('OUR_KEY', textOf(ours.key))
        return { ca: 'env:OUR_CA', certificate: 'env:OUR_CERTIFICATE', key: 'env:OUR_KEY' }
      },
    ],
  ])('may be %s', (_, places) => {
    expect(faultsOf(places())).toEqual([])
  })

  it.each<[keyof TlsPlaces, () => string, RegExp]>([
    ['ca', () => at('nowhere.pem'), /^does not exist$/],
    ['ca', () => join(ours.key, 'below'), /^cannot be read \(ENOTDIR\)$/],
    ['ca', () => file('empty.pem', ''), /^holds no certificate in PEM/],
    [
      'ca',
      () => file('broken.pem', textOf(authority.certificate).replace(/MII.{20}/, 'MIIAAAAAAAAAAAAAAAAAAAA')),
      /^holds a certificate that cannot be read$/,
    ],
    ['ca', () => ours.key, /^holds no certificate in PEM/],
    ['ca', () => 'env:NOT_SET', /^is not set in the environment that racecar was started with$/],
    ['certificate', () => authority.folder, /^is a folder, not a file$/],
    ['certificate', () => at('ours.csr'), /^holds no certificate in PEM/],
    ['key', () => ours.certificate, /^holds no private key in PEM/],
    ['key', () => others.key, /^does not belong to the certificate$/],
    ['key', () => file('two.key', textOf(ours.key) + textOf(others.key)), /^holds more than one private key$/],
    [
      'key',
      () => file('broken.key', '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----'),
      /^holds a private key that cannot be read$/,
    ],
    [
      'key',
      () => file('locked.key', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGH\n-----END ENCRYPTED PRIVATE KEY-----'),
      /^is protected by a password: set ssl_key_password$/,
    ],
    [
      'key',
      () =>
        file(
          'old.key',
          '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIGH\n-----END RSA PRIVATE KEY-----',
        ),
      /^is protected by a password: set ssl_key_password$/,
    ],
  ])('is refused where %s is wrong, without a word of what stands there', (of, place, why) => {
    const faults = faultsOf({ ...right, [of]: place() })
    expect(faults).toEqual([{ of, why: expect.stringMatching(why) }])
    expect(JSON.stringify(faults)).not.toMatch(/MII|MIGH/)
  })

  const secret = 'hunter2'
  it.each<[keyof TlsPlaces, string, () => Partial<TlsMaterial>, RegExp]>([
    [
      'key',
      'another password',
      () => ({ key: authority.lock(ours, 'right'), keyPassword: () => secret }),
      /^is not opened by ssl_key_password: that is not its password$/,
    ],
    [
      'key',
      'no password',
      () => ({ key: authority.lock(ours, 'right') }),
      /^is protected by a password: set ssl_key_password$/,
    ],
    [
      'certificate',
      'a certificate that has expired',
      () => authority.issue('late', { days: -1 }),
      /^has expired \(20..-..-..T..:..:..Z\): renew it$/,
    ],
    [
      'crl',
      'a list that has expired',
      () => ({ crl: authority.revoke([], { days: -1 }) }),
      /^holds a revocation list that has expired \(20.*Z\): put a newer one of its authority there$/,
    ],
    [
      'crl',
      'a second list that has expired',
      () => ({ crl: file('two.crl', textOf(authority.revoke([])) + textOf(authority.revoke([], { days: -1 }))) }),
      /^holds a revocation list, number 2, that has expired/,
    ],
    ['crl', 'a certificate', () => ({ crl: authority.certificate }), /^holds no revocation list in PEM/],
    [
      'crl',
      'a broken list',
      () => ({ crl: file('broken.crl', '-----BEGIN X509 CRL-----\nMIGH\n-----END X509 CRL-----') }),
      /^holds a revocation list that cannot be read$/,
    ],
  ])('is refused where %s is or needs %s', (of, _, material, why) => {
    const faults = faultsOf({ ...right, ...material() })
    expect(faults).toEqual([{ of, why: expect.stringMatching(why) }])
    expect(JSON.stringify(faults)).not.toContain(secret)
  })

  it.each<[string, () => Partial<TlsMaterial>, RegExp]>([
    [
      'is opened by another password',
      () => ({ keystorePassword: () => secret }),
      /^is not opened by ssl_keystore_password: that is not its password$/,
    ],
    ['needs a password', () => ({ keystorePassword: undefined }), /^needs its password: set ssl_keystore_password$/],
    [
      'is encrypted in the old way',
      () => ({ keystore: authority.keystore(ours, { password: 'secret', isOld: true }) }),
      /^is encrypted in the old way \(RC2\), which OpenSSL 3 refuses: openssl pkcs12 -legacy -in OLD/,
    ],
    ['is PEM', () => ({ keystore: ours.certificate }), /^is PEM and no PKCS#12: set ssl_certificate_location/],
    ['is empty', () => ({ keystore: file('empty.p12', '') }), /^is empty$/],
    ['is nonsense', () => ({ keystore: file('nonsense.p12', 'nonsense') }), /^is no keystore in PKCS#12: /],
    [
      'is of Java',
      () => {
        writeFileSync(at('java.jks'), Buffer.from('feedfeed00000002', 'hex'))
        return { keystore: at('java.jks') }
      },
      /\(JKS\): keytool -importkeystore .* -deststoretype PKCS12 converts it$/,
    ],
    [
      'holds a certificate that has expired',
      () => keystoreOf(authority.issue('too late', { days: -1 }), 'secret'),
      /^holds a certificate that has expired \(20.*Z\): renew it$/,
    ],
  ])('is refused where a keystore %s', (_, material, why) => {
    const faults = faultsOf({ ...keystoreOf(ours, 'secret'), ...material() })
    expect(faults).toEqual([{ of: 'keystore', why: expect.stringMatching(why) }])
    expect(JSON.stringify(faults)).not.toContain(secret)
  })

  it('is refused for all that is wrong at once', () => {
    const faults = faultsOf({ ca: at('a'), certificate: at('b'), key: at('c') })
    expect(faults.map(({ of }) => of)).toEqual(['ca', 'certificate', 'key'])
  })

  it('is made once, and anew when it was renewed', () => {
    const renewed = authority.issue('renewed')
    const places = {
      ...right,
      certificate: file('live.pem', textOf(ours.certificate)),
      key: file('live.key', textOf(ours.key)),
    }
    const credentials = new Credentials(places)
    const first = credentials.context
    credentials.refresh()
    expect(credentials.context).toBe(first)
    renameSync(renewed.certificate, places.certificate)
    // Between the two they do not belong together: no connection then, and no harm later.
    expect(() => credentials.refresh()).toThrow(`ssl_key_location (${places.key}) does not belong`)
    renameSync(renewed.key, places.key)
    credentials.refresh()
    expect(credentials.context).not.toBe(first)
  })
})
