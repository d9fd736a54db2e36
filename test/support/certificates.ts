// Certificates for tests, made by openssl in a folder that goes with the test: an authority, what it signs, and a broker's listener
// that wants to see such. Keys are of a curve, because those are made in no time.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrivateOptions } from '../../scripts/broker.d/index.mjs'

/** Files in PEM. */
export interface Issued {
  readonly certificate: string
  readonly key: string
}

interface Wanted {
  /** What it may be reached by: `DNS:localhost`, `IP:127.0.0.1`. */
  readonly names?: string
  /** -1: it has expired. */
  readonly days?: number
}

interface Locked {
  readonly password?: string
  /** As OpenSSL 1 did it: with RC2. */
  readonly isOld?: boolean
}

export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'))
  /** Its own certificate. */
  readonly certificate = join(this.folder, 'ca.pem')
  readonly #key = join(this.folder, 'ca.key')
  #files = 0

  constructor(name = 'test authority') {
    this.#openssl('req', '-x509', ...newKey(this.#key), '-subj', `/CN=${name}`, '-days', '2', '-out', this.certificate)
  }

  issue(name: string, { names, days = 2 }: Wanted = {}): Issued {
    const at = (ending: string) => join(this.folder, `${name}.${ending}`)
    const [certificate, key, request, extensions] = [at('pem'), at('key'), at('csr'), at('ext')]
    writeFileSync(extensions, names === undefined ? '' : `subjectAltName=${names}`)
    this.#openssl('req', ...newKey(key), '-subj', `/CN=${name}`, '-out', request)
    const signed = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial', '-extfile', extensions]
    this.#openssl('x509', '-req', '-in', request, ...signed, '-days', String(days), '-out', certificate)
    return { certificate, key }
  }

  /** What it revokes: a list in PEM. */
  revoke(of: readonly Issued[], { days = 2 }: Wanted = {}): string {
    const at = (ending: string) => join(this.folder, `${++this.#files}.${ending}`)
    const [config, database, list] = [at('cnf'), at('database'), at('crl')]
    writeFileSync(database, '')
    writeFileSync(config, `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\ndefault_md=sha256\n`)
    const own = ['-config', config, '-cert', this.certificate, '-keyfile', this.#key]
    for (const { certificate } of of) this.#openssl('ca', ...own, '-revoke', certificate)
    const lasting = ['-crl_lastupdate', inOpenssl(-2), '-crl_nextupdate', inOpenssl(days)]
    this.#openssl('ca', ...own, '-gencrl', ...lasting, '-out', list)
    return list
  }

  /** A file in PKCS#12 of what was issued, and of the authority. */
  keystore({ certificate, key }: Issued, { password = '', isOld = false }: Locked = {}): string {
    const file = join(this.folder, `${++this.#files}.p12`)
    const of = ['-in', certificate, '-inkey', key, '-certfile', this.certificate]
    this.#openssl(
      'pkcs12',
      '-export',
      ...(isOld ? ['-legacy'] : []),
      ...of,
      '-passout',
      `pass:${password}`,
      '-out',
      file,
    )
    return file
  }

  /** The key, encrypted. */
  lock({ key }: Issued, password: string): string {
    const file = join(this.folder, `${++this.#files}.key`)
    this.#openssl('pkey', '-in', key, '-aes256', '-passout', `pass:${password}`, '-out', file)
    return file
  }

  /** The same certificate under another name, or other text. */
  write(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, text)
    return file
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' })
  }
}

/** Days from now, as `openssl ca` wants it: 20261231235959Z. */
const inOpenssl = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`

const newKey = (file: string): string[] => {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file]
}

export const textOf = (file: string): string => readFileSync(file, 'utf8')

/** A listener of a private broker, which asks its clients for a certificate of the same authority. */
export function securedBy(authority: Authority): NonNullable<PrivateOptions['secured']> {
  const { certificate, key } = authority.issue('broker', { names: 'DNS:localhost' })
  const keystore = authority.write('broker.keystore.pem', textOf(key) + textOf(certificate))
  return {
    protocol: 'SSL',
    settings: {
      'ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificate,
    },
  }
}
