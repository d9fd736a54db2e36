import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Credentials, faultsOf } from '../../src/security/credentials.ts'
import type { TlsPlaces } from '../../src/security/tls.ts'
import { Authority, textOf } from '../support/certificates.ts'

const authority = new Authority()
const ours = authority.issue('ours')
const others = authority.issue('others')
afterAll(() => {
  authority[Symbol.dispose]()
  vi.unstubAllEnvs()
})

const right: TlsPlaces = { ca: authority.certificate, ...ours }
const at = (name: string) => join(authority.folder, name)
const file = (name: string, text: string) => authority.write(name, text)

describe('what connections are secured with', () => {
  it.each<[string, () => TlsPlaces]>([
    ['files', () => right],
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
      /^is protected by a passphrase/,
    ],
    [
      'key',
      () =>
        file(
          'old.key',
          '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIGH\n-----END RSA PRIVATE KEY-----',
        ),
      /^is protected by a passphrase/,
    ],
  ])('is refused where %s is wrong, without a word of what stands there', (of, place, why) => {
    const faults = faultsOf({ ...right, [of]: place() })
    expect(faults).toEqual([{ of, why: expect.stringMatching(why) }])
    expect(JSON.stringify(faults)).not.toMatch(/MII|MIGH/)
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
