// TLS before the broker that tests share, with a certificate that can be replaced as a restart of the broker would: connections are
// cut, and new ones see another. What a broker itself makes of TLS stands in test/broker/engine/tls.test.ts.

import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { brokers } from './broker.ts'
import { type Authority, type Issued, textOf } from './certificates.ts'
import { KafkaProxy } from './proxy.ts'

export class TlsFront implements AsyncDisposable {
  readonly #server: Server
  readonly #proxy: KafkaProxy
  readonly #authority: Authority
  readonly #sockets = new Set<TLSSocket>()

  private constructor(server: Server, proxy: KafkaProxy, authority: Authority) {
    this.#server = server
    this.#proxy = proxy
    this.#authority = authority
    server.on('secureConnection', socket => this.#pass(socket))
    server.on('tlsClientError', () => {})
  }

  /** Asks its clients for a certificate of this authority. */
  static async open(authority: Authority, shown: Issued): Promise<TlsFront> {
    const server = createServer(optionsOf(authority, shown)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = await brokers()
    const target = Number(address.slice(address.lastIndexOf(':') + 1))
    const advertise = new Map([[target, portOf(server)]])
    return new TlsFront(server, await KafkaProxy.open({ target, advertise }), authority)
  }

  get address(): string {
    return `127.0.0.1:${portOf(this.#server)}`
  }

  /** From now on. */
  replace(shown: Issued): void {
    this.#server.setSecureContext(optionsOf(this.#authority, shown))
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await this.#proxy.close()
  }

  #pass(socket: TLSSocket): void {
    const inside = connect(this.#proxy.port, '127.0.0.1')
    this.#sockets.add(socket)
    socket.on('error', () => {}).on('close', () => inside.destroy() && this.#sockets.delete(socket))
    inside.on('error', () => {}).on('close', () => socket.destroy())
    socket.pipe(inside).pipe(socket)
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const optionsOf = (authority: Authority, { certificate, key }: Issued): TlsOptions => ({
  cert: textOf(certificate),
  key: textOf(key),
  ca: textOf(authority.certificate),
  requestCert: true,
})
