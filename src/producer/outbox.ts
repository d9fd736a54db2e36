// Everything that produce() was given, on its way to the brokers: in order, one attempt at a time, tried again until it is
// acknowledged or its time is over. Records are numbered; whoever must know that something was delivered remembers the number
// queued by then, its mark, and compares it with `delivered`. Knows nothing of lanes, handlers or offsets.

import type { Outlet, ProduceTo, ProduceValue } from '../consumer/consumer.ts'
import type { Engine, OutgoingRecord, ProduceError } from '../engine/engine.ts'
import { RacecarError } from '../errors.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { groupBy } from '../lib/group-by.ts'
import type { InTurn } from '../lib/in-turn.ts'
import { type Answer, ask, failureOf, tooLate } from './answers.ts'
import { encode, sizeOf } from './encode.ts'
import type { Told } from './told.ts'
import { type Entry, type Failed, TopicLine } from './topic-line.ts'
import { Waiters } from './waiters.ts'
import { Watermark } from './watermark.ts'

/** Records that are given up, between `first` and `last`; those in between may have been delivered. */
export interface DeliveryFailure {
  readonly first: number
  readonly last: number
  readonly count: number
  readonly error: RacecarError
}

export interface OutboxParts {
  readonly produce: Engine['produce']
  readonly abandon: Engine['abandon']
  /** Of all who call this `produce`. */
  readonly inTurn?: InTurn
  readonly clock: Clock
  /** Milliseconds for which a record's delivery is tried. */
  readonly messageTimeout: number
  /** `delivered` has risen. */
  readonly onDelivered: () => void
  /** Called before `delivered` passes the records that failed, and before a waiting deliver() rejects. */
  readonly onFailed: (failure: DeliveryFailure) => void
  /** This record is stored, or was given up because of the error. */
  readonly onSettled?: (record: OutgoingRecord, error?: ProduceError) => void
  /** Publishes what becomes of each record. */
  readonly told?: Told | undefined
}

// Taken here, before a user's test can put a fake in its place.
const soon = queueMicrotask

// One attempt: below the megabyte that a broker takes by default, even if all of it goes to one partition.
const ATTEMPT_BYTES = 800_000
const ATTEMPT_RECORDS = 2_000
// Beyond these no handler should be started that could queue more.
const CONGESTED_BYTES = 32 * 2 ** 20
const CONGESTED_RECORDS = 20_000
/** What the queue may hold at most. */
const FULL_BYTES = 512 * 2 ** 20

export class Outbox implements Outlet {
  readonly #parts: OutboxParts
  readonly #lines = new Map<string, TopicLine>()
  readonly #settled = new Watermark()
  readonly #waiters = new Waiters()
  #queued = 0
  #count = 0
  #bytes = 0
  #failure: RacecarError | undefined
  #state: 'idle' | 'scheduled' | 'sending' | 'closed' = 'idle'
  #cancelRest: Cancel = () => {}

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** How many records were ever queued: the mark of this moment. */
  get queued(): number {
    return this.#queued
  }

  /** Everything up to this number is acknowledged, or was reported by `onFailed`. */
  get delivered(): number {
    return this.#settled.upTo
  }

  /** Records that are not acknowledged, and their bytes. */
  get waiting(): number {
    return this.#count
  }

  get waitingBytes(): number {
    return this.#bytes
  }

  get isCongested(): boolean {
    return this.#count > CONGESTED_RECORDS || this.#bytes > CONGESTED_BYTES
  }

  /** Throws where the queue is full or the worker has stopped. */
  produce(value: ProduceValue, to: ProduceTo): void {
    this.send(encode(value, to))
  }

  /** The same with a record as it is, whose buffers nobody changes any more. */
  send(record: OutgoingRecord): void {
    const bytes = sizeOf(record)
    const refusal = this.#refusal(bytes)
    if (refusal) {
      this.#parts.told?.refused(record, refusal)
      throw refusal
    }
    this.#bytes += bytes
    this.#count++
    this.#line(record.topic).push({ record, bytes, sequence: ++this.#queued, queuedAt: this.#parts.clock.now() })
    this.#parts.told?.queued(record, this.#count)
    this.#schedule()
  }

  /** Resolves when everything queued so far is acknowledged. Rejects with DELIVERY_FAILED, also for a failure not yet forgiven. */
  async deliver(): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#state === 'closed' && this.delivered < this.#queued) throw closedError()
    if (this.delivered < this.#queued) await this.#waiters.succeeded(this.#queued)
  }

  /** Resolves when everything up to `mark` is acknowledged or given up, or when nothing is sent any more. */
  async settled(mark: number): Promise<void> {
    if (this.#state !== 'closed' && this.delivered < mark) await this.#waiters.settled(mark)
  }

  /** No handler is running any more that could have queued what failed: deliver() need not speak of it again. */
  forgive(): void {
    this.#failure = undefined
  }

  /** Nothing is sent any more, and nothing in doubt is left to go again with what others send. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#cancelRest()
    this.#abandon([...this.#lines.values()].flatMap(line => line.rest))
    this.#waiters.close(closedError())
  }

  #refusal(bytes: number): RacecarError | undefined {
    if (this.#state === 'closed') return closedError()
    if (this.#bytes + bytes <= FULL_BYTES) return undefined
    return new RacecarError('DELIVERY_FAILED', `${this.#count} produced messages already wait for their delivery`)
  }

  #line(topic: string): TopicLine {
    const line = this.#lines.get(topic) ?? new TopicLine()
    this.#lines.set(topic, line)
    return line
  }

  /** What is queued in the same turn goes out together. */
  #schedule(): void {
    if (this.#state !== 'idle') return
    this.#state = 'scheduled'
    soon(() => this.#send())
  }

  #send(): void {
    if (this.#state !== 'scheduled') return
    const batch = this.#gather()
    this.#state = batch.length > 0 ? 'sending' : 'idle'
    if (batch.length > 0) void this.#attempt(batch)
    else this.#restUntilNext()
  }

  async #attempt(batch: readonly Entry[]): Promise<void> {
    const { inTurn = call => call(), produce } = this.#parts
    const answers = await inTurn(async () => (this.#state === 'closed' ? tooLate(batch) : ask(produce, batch)))
    if (this.#state === 'closed') return this.#abandon(batch.filter((_, index) => answers[index]))
    this.#state = 'idle'
    this.#answered(batch, answers)
    this.#schedule()
  }

  /** The oldest records that may go now, over all topics. */
  #gather(): readonly Entry[] {
    const now = this.#parts.clock.now()
    const lines = [...this.#lines.values()].filter(({ restsUntil }) => restsUntil <= now)
    const batch: Entry[] = []
    let bytes = 0
    while (batch.length < ATTEMPT_RECORDS) {
      const line = lines.length === 1 ? lines[0] : oldest(lines)
      const entry = line?.peek()
      if (!line || !entry || (batch.length > 0 && bytes + entry.bytes > ATTEMPT_BYTES)) break
      line.take()
      bytes += entry.bytes
      batch.push(entry)
    }
    return batch
  }

  #restUntilNext(): void {
    this.#cancelRest()
    const ends = [...this.#lines.values()].filter(line => line.peek()).map(({ restsUntil }) => restsUntil)
    if (ends.length === 0) return
    this.#cancelRest = this.#parts.clock.after(Math.min(...ends) - this.#parts.clock.now(), () => this.#schedule())
  }

  #answered(batch: readonly Entry[], answers: readonly Answer[]): void {
    const before = this.delivered
    const { messageTimeout, clock, told } = this.#parts
    const now = clock.now()
    const groups = groupBy(batch.keys(), index => batch[index]!.record.topic)
    const outcomes = [...groups].map(([topic, indices]) => {
      const line = this.#line(topic)
      const outcome = line.answered(
        indices.map(index => answers[index]),
        now,
        messageTimeout,
      )
      if (line.isForgettable) this.#lines.delete(topic)
      return outcome
    })
    const delivered = outcomes.flatMap(outcome => outcome.delivered)
    const failed = outcomes.flatMap(outcome => outcome.failed)
    for (const entry of delivered) this.#settle(entry)
    told?.delivered(delivered, now)
    told?.failed(failed, now)
    if (failed.length > 0) this.#giveUp(failed)
    if (this.delivered > before) this.#risen()
  }

  #abandon(entries: readonly Entry[]): void {
    if (entries.length > 0) this.#parts.abandon(entries.map(({ record }) => record))
  }

  #giveUp(failed: readonly Failed[]): void {
    // All that waits may be among them: too much for arguments of a call.
    const first = failed.reduce((least, { entry }) => Math.min(least, entry.sequence), Number.POSITIVE_INFINITY)
    const last = failed.reduce((most, { entry }) => Math.max(most, entry.sequence), 0)
    const error = failureOf(failed.map(({ entry: { record }, error: why }) => ({ record, error: why })))
    this.#failure = error
    this.#abandon(failed.map(({ entry }) => entry))
    this.#parts.onFailed({ first, last, count: failed.length, error })
    this.#waiters.failed(first, error)
    for (const { entry, error: why } of failed) this.#settle(entry, why)
  }

  #settle({ record, sequence, bytes }: Entry, error?: ProduceError): void {
    this.#parts.onSettled?.(record, error)
    this.#settled.settle(sequence)
    this.#bytes -= bytes
    this.#count--
  }

  #risen(): void {
    this.#waiters.risen(this.delivered)
    this.#parts.onDelivered()
  }
}

function oldest(lines: readonly TopicLine[]): TopicLine | undefined {
  let found: TopicLine | undefined
  let least = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const sequence = line.peek()?.sequence ?? Number.POSITIVE_INFINITY
    if (sequence < least) {
      least = sequence
      found = line
    }
  }
  return found
}

const closedError = () => new RacecarError('DELIVERY_FAILED', 'the worker has stopped and delivers nothing any more')
