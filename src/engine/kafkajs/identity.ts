// Who the producer is to the brokers: an id that one of them draws, under which they recognise what is sent again. Fetched when
// something is produced for the first time, and anew when what was begun under it cannot be gone on with. Where it is refused the
// producer goes on without one, and says so once.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import type { Brokers } from './brokers.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'

export interface Identity {
  readonly producerId: string
  readonly producerEpoch: number
}

export interface IdentificationParts {
  readonly brokers: Brokers
  readonly bus: Bus
  readonly clock: Clock
  readonly idempotent: boolean
}

/** A broker that has no ids at hand has some in a moment: not worth an attempt that fails. */
const MOMENT_MS = 20
const MOMENTS = 25

type State = { readonly kind: 'unknown' } | { readonly kind: 'known'; readonly identity: Identity } | { kind: 'none' }

export class Identification {
  readonly #parts: IdentificationParts
  #state: State

  constructor(parts: IdentificationParts) {
    this.#parts = parts
    this.#state = { kind: parts.idempotent ? 'unknown' : 'none' }
  }

  /** undefined: there is none just now. */
  get known(): Identity | undefined {
    return this.#state.kind === 'known' ? this.#state.identity : undefined
  }

  /** undefined: it goes without. Rejects when no broker gives one and none refuses to. */
  async current(): Promise<Identity | undefined> {
    if (this.#state.kind === 'unknown') await this.#fetch()
    return this.known
  }

  renew(why: string): void {
    if (this.#state.kind === 'known') this.#state = { kind: 'unknown' }
    this.#parts.bus.publish('producer.renewed', { why })
  }

  /** The brokers take nothing that is sent under an id. */
  refuse(error: unknown): void {
    if (this.#state.kind === 'none') return
    this.#state = { kind: 'none' }
    this.#parts.bus.publish('producer.plain', { error: errorData(error) })
  }

  async #fetch(): Promise<void> {
    try {
      this.#state = { kind: 'known', identity: await this.#ask(MOMENTS) }
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.refuse(error)
    }
  }

  async #ask(moments: number): Promise<Identity> {
    const { brokers, clock } = this.#parts
    const link = await brokers.any()
    // Not where heartbeats go: the broker may have to ask its controller first.
    const how = { channel: 'produce', timeout: brokers.timeout } as const
    const answer = await link.send('InitProducerId', { transactionalId: null }, how)
    const { errorCode, producerId, producerEpoch } = answer
    const action = actionOf(errorCode)
    if (action === 'ok') return { producerId, producerEpoch }
    if (action !== 'retry' || moments === 0) throw new KafkaError('asking for a producer id', errorCode)
    await sleep(clock, MOMENT_MS)
    return this.#ask(moments - 1)
  }
}

/** Not that of credentials, which holds for all requests. */
const isRefusal = (error: unknown): boolean =>
  actionFor(error) === 'refused' || (error instanceof KafkaError && error.action === 'denied')
