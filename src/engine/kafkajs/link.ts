// One broker's connections: a control connection, and one for fetches, because a broker answers the requests of a connection
// one after another and a long poll would hold up a heartbeat. Opens on demand, once however many ask. Every request has a
// timeout on the monotonic clock; when it passes, the socket is destroyed with an error, or it would stay half open for good.

import type { Clock } from '../../lib/clock.ts'
import type { Answers } from './answers.ts'
import { decodeFetchResponse } from './fetch-response.ts'
import { type ApiName, lookup, type WireBroker, type WireConnection, type WireRequest } from './wire.ts'

export type Channel = 'control' | 'fetch'
const index = { control: 0, fetch: 1 } as const

export interface SendOptions {
  readonly channel?: Channel
  /** Milliseconds for the answer, once the connection stands. */
  readonly timeout: number
}

export class Link {
  readonly address: string
  readonly #broker: WireBroker
  readonly #clock: Clock
  readonly #opening = new Map<Channel, Promise<WireConnection>>()
  #knowsVersions = false
  #closed: Error | undefined

  constructor({ address, broker, clock }: { address: string; broker: WireBroker; clock: Clock }) {
    this.address = address
    this.#broker = broker
    this.#clock = clock
  }

  get connected(): boolean {
    return this.#knowsVersions && this.#broker.connectionPool.pool[0].isConnected()
  }

  /** The decoded answer, error codes included: reading them is the caller's. Rejects when the connection fails or time is up. */
  async send<A extends ApiName>(
    api: A,
    args: object,
    { channel = 'control', timeout }: SendOptions,
  ): Promise<Answers[A]> {
    const connection = await this.open(channel, timeout)
    const wire = lookup(this.#broker, api, args)
    const answer = connection.send({
      request: wire.request,
      response: { decode: decoderOf(api, wire), parse: decoded => decoded },
      requestTimeout: null,
      logResponseError: false,
    })
    return (await this.#bounded(answer, channel, timeout, api)) as Answers[A]
  }

  /** The version of a request that this broker would be sent. Only once a connection stands. */
  versionOf(api: ApiName, args: object): number {
    return lookup(this.#broker, api, args).request.apiVersion
  }

  open(channel: Channel, timeout: number): Promise<WireConnection> {
    const connection = this.#broker.connectionPool.pool[index[channel]]
    if (this.#closed) return Promise.reject(this.#closed)
    if (this.#knowsVersions && connection.isConnected()) return Promise.resolve(connection)
    const under = this.#opening.get(channel)
    if (under) return under
    const opening = this.#bounded(this.#connect(connection), 'control', timeout, 'connecting').finally(() =>
      this.#opening.delete(channel),
    )
    this.#opening.set(channel, opening)
    return opening
  }

  /** Ends both connections at once; what is under way on them rejects with `error`. The link opens again when it is next used. */
  break(error: Error): void {
    for (const { socket } of this.#broker.connectionPool.pool) socket?.destroy(error)
  }

  close(error: Error): void {
    this.#closed = error
    this.break(error)
  }

  async #connect(connection: WireConnection): Promise<WireConnection> {
    if (!this.#knowsVersions) {
      await this.#broker.connect()
      this.#knowsVersions = true
    }
    if (!connection.isConnected()) await connection.connect()
    if (this.#closed) {
      connection.socket?.destroy(this.#closed)
      throw this.#closed
    }
    return connection
  }

  // Raced, not only destroyed: kafkajs leaves some waits unsettled when their socket dies.
  #bounded<T>(work: Promise<T>, channel: Channel, timeout: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeout, () => {
        const error = new Error(`${this.address} did not answer ${what} within ${Math.round(timeout)} ms`)
        this.#broker.connectionPool.pool[index[channel]].socket?.destroy(error)
        reject(error)
      })
      const settle =
        <V>(how: (value: V) => void) =>
        (value: V) => {
          cancel()
          how(value)
        }
      work.then(settle(resolve), settle(reject))
    })
  }
}

const decoderOf = (api: ApiName, wire: WireRequest) =>
  api === 'Fetch' ? (raw: Buffer) => decodeFetchResponse(raw, wire.request.apiVersion) : wire.response.decode
