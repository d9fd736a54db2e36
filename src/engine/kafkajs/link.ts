// One broker's connections, each for what must not wait for something else: a broker answers the requests of a connection one
// after another, so a long poll, a join that waits for the whole group, or a produce that waits for all replicas would hold up
// a heartbeat. Each is opened on demand, once however many ask, and anew when it has ended. A broker that cannot be reached is
// left alone for a while.

import { backoff } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { BrokerStatistics } from '../engine.ts'
import type { Answers } from './answers.ts'
import { Unreached } from './codes.ts'
import { Line, type LineParts } from './line.ts'
import type { Transport } from './transport.ts'
import type { ApiName, WireLogger } from './wire.ts'

/** `poll`: short fetches beside the long one. */
export type Channel = 'control' | 'fetch' | 'poll' | 'join' | 'produce'

const CONNECT_MS = 5_000
const REST = { first: 50, most: 1_000, jitter: 0.3 }

export interface SendOptions {
  readonly channel?: Channel
  /** Milliseconds for the answer, once the connection stands. */
  readonly timeout: number
}

export interface LinkParts {
  readonly address: string
  readonly clientId: string
  readonly transport: Transport
  readonly authentication: LineParts['authentication']
  /** After each attempt to connect; without an error it came about. */
  readonly onOpened?: (error?: unknown) => void
  readonly logger: WireLogger
  readonly clock: Clock
  /** Milliseconds that a request may take. */
  readonly socketTimeout: number
  readonly isBackground?: boolean
}

export class Link {
  readonly address: string
  readonly #parts: LinkParts
  readonly #lines = new Map<Channel, Line>()
  readonly #renewals = new Map<Channel, Promise<void>>()
  #closed: Error | undefined
  #failures = 0
  #rest: { readonly until: number; readonly why: unknown } | undefined
  /** Remembers which versions the broker speaks. */
  #last: Line | undefined
  #requests = 0
  /** Of connections that others have taken the place of. */
  #past = { bytesIn: 0, bytesOut: 0 }

  constructor(parts: LinkParts) {
    this.address = parts.address
    this.#parts = parts
  }

  get isConnected(): boolean {
    return this.#lines.get('control')?.state === 'open'
  }

  /** The decoded answer, error codes included: reading them is the caller's. Rejects when the connection fails or time is up. */
  async send<A extends ApiName>(
    api: A,
    args: object,
    { channel = 'control', timeout }: SendOptions,
  ): Promise<Answers[A]> {
    const line = await this.open(channel)
    this.#requests++
    return line.send(api, args, timeout)
  }

  statistics(): BrokerStatistics {
    const lines = [...this.#lines.values()]
    const sum = (of: (line: Line) => number) => lines.reduce((total, line) => total + of(line), 0)
    return {
      address: this.address,
      connections: lines.filter(({ state }) => state === 'open').length,
      requests: this.#requests,
      bytesIn: this.#past.bytesIn + sum(line => line.bytesIn),
      bytesOut: this.#past.bytesOut + sum(line => line.bytesOut),
      throttledFor: Math.max(0, ...lines.map(line => line.throttledMs)) / 1000,
    }
  }

  /** The version of a request that this broker would be sent. Only after something was sent. */
  versionOf(api: ApiName, args: object): number {
    return this.#last!.versionOf(api, args)
  }

  async open(channel: Channel = 'control'): Promise<Line> {
    for (;;) {
      const line = this.#lines.get(channel)
      if (line?.state === 'open' && !line.isDue) return line
      await this.#opened(channel)
    }
  }

  /** Ends the connection of a channel, or all; what is under way rejects with `error`. It opens again when it is next used. */
  break(error: Error, channel?: Channel): void {
    for (const [of, line] of this.#lines) if (channel === undefined || of === channel) line.break(error)
  }

  close(error: Error): void {
    this.#closed = error
    this.break(error)
  }

  /** All who wait for the same one go on in the order in which they came. */
  #opened(channel: Channel): Promise<void> {
    const renewal = this.#renewals.get(channel) ?? this.#renew(channel).finally(() => this.#renewals.delete(channel))
    this.#renewals.set(channel, renewal)
    return renewal
  }

  async #renew(channel: Channel): Promise<void> {
    const before = this.#lines.get(channel)
    // On two connections, what comes later could be there first.
    if (before?.state === 'open') await before.idle()
    if (this.#closed) throw this.#closed
    const { address, clock, socketTimeout, onOpened } = this.#parts
    if (this.#rest && clock.now() < this.#rest.until) throw this.#rest.why
    before?.break(new Unreached('another connection takes its place'))
    this.#past.bytesIn += before?.bytesIn ?? 0
    this.#past.bytesOut += before?.bytesOut ?? 0
    const timeout = Math.min(socketTimeout, CONNECT_MS)
    const line = new Line({ ...this.#parts, ...splitAddress(address), timeout })
    this.#lines.set(channel, line)
    try {
      await line.opened
    } catch (why) {
      this.#failures += 1
      this.#rest = { until: clock.now() + backoff(this.#failures, REST), why }
      onOpened?.(why)
      throw why
    }
    onOpened?.()
    this.#failures = 0
    this.#rest = undefined
    this.#last = line
  }
}

/** `host:port`, with an IPv6 host in brackets. */
function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
