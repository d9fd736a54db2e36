// The brokers of a cluster: a link to each, opened when it is needed, and the metadata that says which one leads what. Knows
// how long nobody has answered, and says so once; an outage is waited out by whoever asks, never an end.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { MetadataAnswer } from './answers.ts'
import { Link } from './link.ts'
import { clientLogger } from './logger.ts'
import { wireBroker } from './wire.ts'

const CONNECT_MS = 5_000
/** How long nobody may answer before it is said, and how often it is said again. */
const SILENCE_MS = 3_000
const REMINDER_MS = 30_000

export interface BrokersParts {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly socketTimeout: number
  readonly bus: Bus
  readonly clock: Clock
}

/**
 * `join` and `produce` have connections of their own, because a JoinGroup waits for the whole group, and a Produce for all replicas,
 * and either would hold up heartbeats and commits.
 */
export type Role = 'main' | 'join' | 'produce'

export class Brokers {
  readonly #parts: BrokersParts
  readonly #links = new Map<string, Link>()
  readonly #addresses = new Map<number, string>()
  #silentSince: number | undefined
  #saidAt: number | undefined
  #closed = false

  constructor(parts: BrokersParts) {
    this.#parts = parts
  }

  get timeout(): number {
    return this.#parts.socketTimeout
  }

  /** The link to a node that the metadata has named. Not necessarily connected. */
  link(nodeId: number, role: Role = 'main'): Link {
    const address = this.#addresses.get(nodeId)
    if (address === undefined) throw new Error(`no broker with id ${nodeId} is known`)
    return this.linkTo(address, role)
  }

  linkTo(address: string, role: Role = 'main'): Link {
    const key = `${role} ${address}`
    const link = this.#links.get(key) ?? this.#createLink(address)
    this.#links.set(key, link)
    return link
  }

  /** Some broker that answers; each known one is tried once. */
  async any(): Promise<Link> {
    const addresses = shuffled(new Set([...this.#addresses.values(), ...this.#parts.brokers]))
    const links = addresses
      .map(address => this.linkTo(address))
      .sort((a, b) => Number(b.connected) - Number(a.connected))
    let last: unknown = new Error('no broker is known')
    for (const link of links) {
      try {
        await link.open('control', Math.min(this.timeout, CONNECT_MS))
        this.#heard()
        return link
      } catch (error) {
        last = error
        if (!this.#closed) this.#silent(link.address, error)
      }
    }
    throw last
  }

  async metadata(topics: readonly string[]): Promise<MetadataAnswer> {
    const link = await this.any()
    const answer = await link.send('Metadata', { topics, allowAutoTopicCreation: false }, { timeout: this.timeout })
    for (const { nodeId, host, port } of answer.brokers) this.#addresses.set(nodeId, `${host}:${port}`)
    return answer
  }

  close(): void {
    this.#closed = true
    for (const link of this.#links.values()) link.close(new Error('the client is closed'))
  }

  #createLink(address: string): Link {
    const { clientId, clock, bus } = this.#parts
    const { host, port } = splitAddress(address)
    const broker = wireBroker({ host, port, clientId, connectionTimeout: CONNECT_MS, logger: clientLogger(bus) })
    const link = new Link({ address, broker, clock })
    if (this.#closed) link.close(new Error('the client is closed'))
    return link
  }

  #silent(address: string, error: unknown): void {
    const now = this.#parts.clock.now()
    this.#silentSince ??= now
    const waitingMs = now - this.#silentSince
    if (waitingMs < SILENCE_MS || (this.#saidAt !== undefined && now - this.#saidAt < REMINDER_MS)) return
    this.#saidAt = now
    this.#parts.bus.publish('broker.unreachable', { broker: address, error: errorData(error), waitingMs })
  }

  #heard(): void {
    if (this.#saidAt !== undefined) {
      this.#parts.bus.publish('broker.reachable', { afterMs: this.#parts.clock.now() - this.#silentSince! })
    }
    this.#silentSince = undefined
    this.#saidAt = undefined
  }
}

/** `host:port`, with an IPv6 host in brackets. */
function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

function shuffled<T>(items: Iterable<T>): T[] {
  return [...items]
    .map(item => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
