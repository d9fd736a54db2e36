// A Kerberos realm of the test's own: MIT's KDC on a loopback port, its data and krb5.conf in a folder that goes with it, and the
// listener of a private broker that asks for its tickets. Nothing of this machine's own Kerberos is read or changed.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { PrivateOptions } from '../../scripts/broker.d/index.mjs'
import { freePort } from './free-port.ts'
import { leftovers } from './leftovers.ts'

export const REALM = 'RACECAR.TEST'
const run = promisify(execFile)

export class Kdc implements AsyncDisposable {
  readonly folder: string
  readonly #port: number
  #process: ChildProcess | undefined
  #keytabs = 0

  private constructor(port: number) {
    this.#port = port
    this.folder = mkdtempSync(join(tmpdir(), 'kdc-'))
    leftovers.push(() => this.remove())
  }

  static async open(): Promise<Kdc> {
    const kdc = new Kdc(await freePort())
    writeFileSync(kdc.config, kdc.#clientSettings())
    writeFileSync(join(kdc.folder, 'kdc.conf'), kdc.#settings())
    await kdc.#tool('kdb5_util', 'create', '-s', '-P', 'master')
    await kdc.start()
    return kdc
  }

  /** Its krb5.conf. */
  get config(): string {
    return join(this.folder, 'krb5.conf')
  }

  /** The broker's, which Java reads again when it changes. */
  get serviceKeytab(): string {
    return join(this.folder, 'service.keytab')
  }

  /** How often it has given somebody the ticket by which all others are got. */
  grantedTo(principal: string): number {
    const all = readFileSync(join(this.folder, 'kdc.log'), 'utf8').matchAll(
      /AS_REQ .* ISSUE: .*, (\S+)@\S+ for krbtgt/g,
    )
    return [...all].filter(([, name]) => name === principal).length
  }

  /** What a process of this realm needs; `cache` names a file for its tickets. */
  env(cache = 'none'): Record<string, string> {
    return { KRB5_CONFIG: this.config, KRB5CCNAME: `FILE:${join(this.folder, cache)}` }
  }

  /** Makes a principal and resolves to a keytab of its own; `maxLife` is that of its tickets, in words. */
  async create(principal: string, { maxLife }: { readonly maxLife?: string } = {}): Promise<string> {
    const life = maxLife === undefined ? [] : ['-maxlife', maxLife]
    await this.#tool('kadmin.local', 'addprinc', '-randkey', ...life, principal)
    return this.keytab(principal)
  }

  /** Gives a principal another key and resolves to a keytab that holds it; in those before it is not right any more. */
  async keytab(principal: string): Promise<string> {
    const file = join(this.folder, `${principal.replaceAll('/', '-')}-${this.#keytabs++}.keytab`)
    await this.#tool('kadmin.local', 'ktadd', '-k', file, principal)
    return file
  }

  /** Puts tickets into the cache of `env(cache)`. */
  async ticket(keytab: string, principal: string, cache: string, life = '1h'): Promise<void> {
    await run('kinit', ['-l', life, '-kt', keytab, principal], { env: this.#env(cache) })
  }

  /** For a private broker, which is `service`/localhost. */
  async askingForTickets(service = 'kafka'): Promise<NonNullable<PrivateOptions['secured']>> {
    const principal = `${service}/localhost`
    copyFileSync(await this.create(principal), this.serviceKeytab)
    const login = `keyTab="${this.serviceKeytab}" principal="${principal}@${REALM}"`
    const module = 'com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true'
    return {
      protocol: 'SASL_PLAINTEXT',
      settings: {
        'sasl.enabled.mechanisms': 'GSSAPI',
        'gssapi.sasl.jaas.config': `${module} ${login};`,
        'sasl.kerberos.service.name': service,
      },
      javaOptions: [`-Djava.security.krb5.conf=${this.config}`],
    }
  }

  async start(): Promise<void> {
    this.#process = spawn('krb5kdc', ['-n', '-P', join(this.folder, 'pid')], { env: this.#env(), stdio: 'ignore' })
    await once(this.#process, 'spawn')
    while (!(await answers(this.#port))) {
      if (this.#process.exitCode !== null) throw new Error(`krb5kdc ended with ${this.#process.exitCode}`)
      await wait(10)
    }
  }

  async stop(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process?.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill('SIGKILL')
    await gone
  }

  /** It takes connections, and answers nothing. */
  pause(): void {
    this.#process!.kill('SIGSTOP')
  }

  resume(): void {
    this.#process!.kill('SIGCONT')
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }

  #env(cache?: string) {
    const { PATH } = process.env
    return { PATH: `${PATH}:/usr/sbin:/sbin`, KRB5_KDC_PROFILE: join(this.folder, 'kdc.conf'), ...this.env(cache) }
  }

  async #tool(name: string, ...args: string[]): Promise<void> {
    await run(name, ['-r', REALM, ...args], { env: this.#env() })
  }

  /** Names are taken as they are: what DNS says on a machine of tests is anybody's guess. */
  #clientSettings(): string {
    return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${this.#port}
  }
`
  }

  #settings(): string {
    const { folder } = this
    return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${this.#port}
  kdc_tcp_listen = 127.0.0.1:${this.#port}
[realms]
  ${REALM} = {
    database_name = ${join(folder, 'principal')}
    key_stash_file = ${join(folder, 'stash')}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    max_life = 1d
  }
[logging]
  kdc = FILE:${join(folder, 'kdc.log')}
  admin_server = FILE:${join(folder, 'kadmin.log')}
  default = FILE:${join(folder, 'krb5.log')}
`
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await new Promise<boolean>(resolve =>
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
  )
  socket.destroy()
  return isOpen
}
