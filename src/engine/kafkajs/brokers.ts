// The brokers of a cluster: a link to each, opened when it is needed, and the metadata that says which one leads what. Knows
// how long nobody has answered, and says so once; an outage is waited out by whoever asks, never an end.

import type { Cluster } from '../../config/cluster.ts'
import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import type { Clock } from '../../lib/clock.ts'
import type { BrokerStatistics } from '../engine.ts'
import type { Answers } from './answers.ts'
import { Authentication, SaslError } from './authentication.ts'
import { Lasting, Unreached } from './codes.ts'
import { Link } from './link.ts'
import { clientLogger } from './logger.ts'
import type { MetadataAnswer } from './metadata.ts'
import { TlsError, Transport } from './transport.ts'
import { REMINDER_MS, Troubles } from './troubles.ts'

/** How long nobody may answer before it is said. */
const SILENCE_MS = 3_000

export interface BrokersParts extends Cluster {
  readonly socketTimeout: number
  readonly bus: Bus
  readonly clock: Clock
  /** Connections keep no process alive. */
  readonly isBackground?: boolean
}

export class Brokers {
  readonly #parts: BrokersParts
  readonly #transport: Transport
  readonly #authentication: Authentication | null
  readonly #troubles: Troubles
  readonly #links = new Map<string, Link>()
  readonly #addresses = new Map<number, string>()
  #silentSince: number | undefined
  #saidAt: number | undefined
  #closed = false

  constructor(parts: BrokersParts) {
    this.#parts = parts
    this.#transport = new Transport(parts.tls)
    const warn = (message: string) => parts.bus.publish('line', { level: 'warn', message, from: 'kafka' })
    this.#authentication = parts.sasl && new Authentication({ sasl: parts.sasl, clock: parts.clock, warn })
    this.#troubles = new Troubles(parts)
  }

  get timeout(): number {
    return this.#parts.socketTimeout
  }

  knows(nodeId: number): boolean {
    return this.#addresses.has(nodeId)
  }

  /** The link to a node that the metadata has named. Not necessarily connected. */
  link(nodeId: number): Link {
    const address = this.#addresses.get(nodeId)
    if (address === undefined) throw new Unreached(`no broker with id ${nodeId} is known`)
    return this.linkTo(address)
  }

  linkTo(address: string): Link {
    const link = this.#links.get(address) ?? this.#createLink(address)
    this.#links.set(address, link)
    return link
  }

  /** Some broker that can be reached; each known one is tried once. */
  async any(): Promise<Link> {
    const addresses = shuffled(new Set([...this.#addresses.values(), ...this.#parts.brokers]))
    const links = addresses
      .map(address => this.linkTo(address))
      .sort((a, b) => Number(b.isConnected) - Number(a.isConnected))
    const since = this.#parts.clock.now()
    let last: unknown = new Unreached('no broker is known')
    const insecure: TlsError[] = []
    for (const link of links) {
      // One that stands says nothing about whether anybody still answers on it.
      if (link.isConnected) return link
      try {
        await link.open()
        this.#heard()
        return link
      } catch (error) {
        // One that does not let us in says more than one that is away.
        if (!(last instanceof SaslError)) last = error
        if (error instanceof TlsError) insecure.push(error)
      }
    }
    // One that is away may come back, and be secure.
    if (insecure.length > 0 && insecure.length === links.length) {
      const error = insecure.find(({ isOurs }) => !isOurs) ?? insecure[0]!
      this.#parts.bus.publish('brokers.insecure', { error, isOurs: error.isOurs })
    }
    // Only now: as long as one of them answers, the others are no outage.
    this.#silent(links.at(-1)?.address ?? '', last, since)
    throw last
  }

  /** The answer of some broker to a request that any of them can answer. */
  async ask<A extends 'Metadata' | 'GroupCoordinator'>(api: A, args: object): Promise<Answers[A]> {
    const link = await this.any()
    const since = this.#parts.clock.now()
    try {
      const answer = await link.send(api, args, { timeout: this.timeout })
      this.#heard()
      return answer
    } catch (error) {
      this.#silent(link.address, error, since)
      throw error
    }
  }

  async metadata(topics: readonly string[], { withRights = false } = {}): Promise<MetadataAnswer> {
    const args = { topics, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: withRights }
    const answer = await this.ask('Metadata', args)
    // A broker that has gone for good would be tried for ever.
    if (answer.brokers.length > 0) this.#addresses.clear()
    for (const { nodeId, host, port } of answer.brokers) this.#addresses.set(nodeId, `${host}:${port}`)
    return answer
  }

  statistics(): readonly BrokerStatistics[] {
    return [...this.#links.values()].map(link => link.statistics())
  }

  close(): void {
    this.#closed = true
    for (const link of this.#links.values()) link.close(new Unreached('the client is closed'))
  }

  #createLink(address: string): Link {
    const { bus } = this.#parts
    const onOpened = (error?: unknown) => this.#closed || this.#troubles.met(address, error)
    const link = new Link({
      ...this.#parts,
      address,
      transport: this.#transport,
      authentication: this.#authentication,
      onOpened,
      logger: clientLogger(bus),
    })
    if (this.#closed) link.close(new Unreached('the client is closed'))
    return link
  }

  #silent(address: string, error: unknown, since: number): void {
    if (this.#closed) return
    const now = this.#parts.clock.now()
    this.#silentSince ??= since
    const waitingMs = now - this.#silentSince
    if (error instanceof Lasting) {
      // That was told of the broker itself.
      this.#saidAt = now
      return
    }
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

function shuffled<T>(items: Iterable<T>): T[] {
  return [...items]
    .map(item => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
