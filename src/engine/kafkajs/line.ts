// One connection to a broker, from its opening, which ends with who we are, to its end. It is opened once: on a socket that
// follows another, kafkajs would still hear the end of the one before. Every wait is bounded on the monotonic clock; when time is up the socket is destroyed
// with an error, for a half-open one would be waited for again by all who come later. Knows nothing of what is sent.

import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../../lib/clock.ts'
import { type Deferred, deferred } from '../../lib/deferred.ts'
import type { Answers } from './answers.ts'
import type { Authentication } from './authentication.ts'
import { Unreached } from './codes.ts'
import { decodeFetchResponse } from './fetch-response.ts'
import { type Address, isTlsAlert, type Transport, wantsTls } from './transport.ts'
import {
  type ApiName,
  lookup,
  sinceThrottled,
  type WireBroker,
  type WireConnection,
  type WireLogger,
  wireBroker,
} from './wire.ts'

export interface LineParts extends Address {
  readonly transport: Transport
  /** null: nobody asks who we are. */
  readonly authentication: Pick<Authentication, 'perform'> | null
  readonly clientId: string
  readonly logger: WireLogger
  readonly clock: Clock
  /** Milliseconds until it must stand. */
  readonly timeout: number
  /** It keeps no process alive. */
  readonly isBackground?: boolean
}

/** What part of the time that a broker grants is used. */
const RENEWED_AT = { least: 0.7, spread: 0.1 }

export class Line {
  /** Settles when the broker has said what it speaks, or could not. */
  readonly opened: Promise<void>
  readonly #parts: LineParts
  readonly #broker: WireBroker
  readonly #connection: WireConnection
  readonly #waiting = new Set<(error: Error) => void>()
  #socket: Socket | undefined
  #isOpen = false
  #ended: Error | undefined
  #idle: Deferred<void> | undefined
  /** When who we are is to be said anew, which takes another connection; on the clock's scale. */
  #dueAt = Number.POSITIVE_INFINITY

  constructor(parts: LineParts) {
    this.#parts = parts
    const { transport, host, port, clientId, logger } = parts
    this.#broker = wireBroker({
      ...{ host, port, clientId, logger },
      socketFactory: ({ onConnect, ...to }) => this.#adopt(transport.connect(to, onConnect)),
    })
    this.#connection = this.#broker.connectionPool.pool[0]
    this.opened = this.#open()
  }

  get address(): string {
    return `${this.#parts.host}:${this.#parts.port}`
  }

  get state(): 'opening' | 'open' | 'ended' {
    if (this.#ended) return 'ended'
    if (!this.#isOpen) return 'opening'
    return this.#connection.isConnected() ? 'open' : 'ended'
  }

  /** Another one is to take its place before the broker ends it. */
  get isDue(): boolean {
    return this.#parts.clock.now() >= this.#dueAt
  }

  /** Resolves when all that was asked is answered. */
  async idle(): Promise<void> {
    // Who was handed this connection just now sends in this turn.
    await new Promise(setImmediate)
    if (this.#waiting.size === 0) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  get bytesIn(): number {
    return this.#socket?.bytesRead ?? 0
  }

  get bytesOut(): number {
    return this.#socket?.bytesWritten ?? 0
  }

  /** Milliseconds for which the broker has asked to be left alone. */
  get throttledMs(): number {
    return this.state === 'open' ? Math.max(0, -sinceThrottled(this.#connection)) : 0
  }

  /** The decoded answer, error codes included: reading them is the caller's. Rejects when the connection fails or time is up. */
  send<A extends ApiName>(api: A, args: object, timeout: number): Promise<Answers[A]> {
    const wire = lookup(this.#broker, api, args)
    const { request, response } = wire
    const decode =
      api === 'Fetch'
        ? (raw: Buffer) => decodeFetchResponse(raw, request.apiVersion)
        : (raw: Buffer) => response.decode(raw)
    const answer = this.#connection.send({
      request,
      response: { decode, parse: decoded => decoded },
      requestTimeout: null,
      logResponseError: false,
    })
    return this.#bounded(answer as Promise<Answers[A]>, timeout, api)
  }

  versionOf(api: ApiName, args: object): number {
    return lookup(this.#broker, api, args).request.apiVersion
  }

  /** Ends it at once; all that is under way rejects with `error`. */
  break(error: Error): void {
    if (this.#ended) return
    this.#ended = error
    this.#socket?.destroy(error)
    for (const reject of this.#waiting) reject(error)
  }

  async #open(): Promise<void> {
    try {
      this.#parts.transport.refresh()
      await this.#bounded(this.#broker.connect(), this.#parts.timeout, 'a new connection')
      if (this.#parts.authentication) await this.#authenticate(this.#parts.authentication)
      this.#isOpen = true
    } catch (error) {
      this.break(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async #authenticate(authentication: Pick<Authentication, 'perform'>): Promise<void> {
    const { clock, timeout } = this.#parts
    const since = clock.now()
    const lifetime = await authentication.perform((api, args) => this.send(api, args, timeout), this.address)
    // Not of all connections at once.
    this.#dueAt = since + lifetime * (RENEWED_AT.least + Math.random() * RENEWED_AT.spread)
  }

  #adopt(socket: Socket): Socket {
    this.#socket = socket
    if (this.#parts.isBackground) socket.unref()
    // Before kafkajs hears of it, and says it in words of its own.
    socket.on('error', error => {
      const explained = this.#isOpen ? undefined : this.#parts.transport.explain(error, this.#parts)
      if (explained) this.break(explained)
    })
    socket.once('data', bytes => {
      if (isTlsAlert(bytes)) this.break(wantsTls(this.#parts))
    })
    socket.on('close', () => this.break(new Unreached(`${this.address} has closed the connection`)))
    if (this.#ended) socket.destroy(this.#ended)
    return socket
  }

  // Raced, not only destroyed: kafkajs leaves some waits unsettled when their socket dies.
  #bounded<T>(work: Promise<T>, timeout: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#limited(timeout, what)
      const done = () => {
        cancel()
        this.#waiting.delete(fail)
        if (this.#waiting.size === 0) this.#idle?.resolve()
      }
      const fail = (error: unknown) => {
        done()
        reject(error)
      }
      this.#waiting.add(fail)
      work.then(value => {
        done()
        resolve(value)
      }, fail)
    })
  }

  /** Ends the connection when time is up. */
  #limited(timeout: number, what: string): Cancel {
    let read = this.#socket?.bytesRead
    let cancel: Cancel
    const wait = (ms: number) => {
      cancel = this.#parts.clock.after(ms, over)
    }
    const over = () => {
      // What the broker has asked to be held back is sent only after that. On a connection of its own it would escape the quota.
      const left = timeout - sinceThrottled(this.#connection)
      if (left > 0) return wait(left)
      // A large answer on a narrow line takes its time; broken off, it would never get through.
      const isSlow = what === 'Fetch' && this.#socket?.bytesRead !== read
      read = this.#socket?.bytesRead
      if (isSlow) return wait(timeout)
      this.break(new Unreached(`${this.address} did not answer ${what} within ${Math.round(timeout)} ms`))
    }
    wait(timeout)
    return () => cancel()
  }
}
