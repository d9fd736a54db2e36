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

export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'))
  /** Its own certificate. */
  readonly certificate = join(this.folder, 'ca.pem')
  readonly #key = join(this.folder, 'ca.key')

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
