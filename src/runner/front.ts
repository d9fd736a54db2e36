// The front of a partition: what is to be started next, how many messages and with which care, and in whose place; and after a
// failure, what follows. It starts nothing by itself, and knows neither turns nor what its lane is doing.

import type { TopicPartition } from '../engine/engine.ts'
import type { Attempt } from './attempt.ts'
import { verdictOn } from './carry-out.ts'
import type { Care, Caution } from './caution.ts'
import { Intake, type IntakeParts } from './intake.ts'
import type { LaneHost } from './lane-host.ts'
import { type Outcome, Setbacks } from './setbacks.ts'

export interface FrontParts extends IntakeParts {
  readonly of: TopicPartition
  readonly host: Pick<LaneHost, 'carryOut' | 'failed'>
}

export class Front {
  readonly intake: Intake
  /** undefined: nobody of this partition is suspected of anything. */
  caution: Caution | undefined
  readonly #parts: FrontParts
  readonly #setbacks: Setbacks

  constructor(parts: FrontParts) {
    this.#parts = parts
    this.intake = new Intake(parts)
    this.#setbacks = new Setbacks(failure => parts.host.failed(failure))
  }

  /** Why nothing of it is started, whatever the lane does. */
  get stands(): string | null {
    return this.caution?.why(this.intake.queue) ?? null
  }

  care(): Care | undefined {
    return this.caution?.care(this.intake.queue)
  }

  /** How many messages to hand over; 0: none now. */
  ready(care: Care | undefined): number {
    if (!this.intake.isDue()) return 0
    if (care) return care.count
    const count = this.intake.ready()
    // Each that is given up is passed by itself: what is stored elsewhere is not stored again for the sake of the next one.
    return count > 1 && this.#setbacks.givenUp(this.intake.queue.first().offset) ? 1 : count
  }

  /** Answers, or throws, as the handler does. */
  call(attempt: Attempt): unknown {
    const { work, host } = this.#parts
    const { queue } = this.intake
    const { care, offset, count } = attempt
    const verdict = care?.convicted ? verdictOn(care.convicted) : this.#setbacks.givenUp(offset)
    if (!verdict) return work.call(queue, count, this.#setbacks.retries(offset), attempt)
    attempt.isGivenUp = true
    return host.carryOut(verdict, queue.first(), attempt)
  }

  /** What it was given is still at the front, and comes once more, unless that is given up. */
  failed(error: unknown, attempt: Attempt, undelivered: boolean): Outcome {
    const { of, work } = this.#parts
    const { topic, partition } = of
    const { offset, lastOffset, count, isGivenUp } = attempt
    const message = () => work.show(this.intake.queue, this.#setbacks.retries(offset) - 1)
    this.intake.repeat(count)
    const what = { error, topic, partition, offset, lastOffset, count, undelivered, isGivenUp, message }
    const outcome = this.#setbacks.failed(what)
    if (outcome.decision.kind === 'halve') this.intake.halve(count)
    return outcome
  }

  /** Everything from `offset` on comes once more, when it has been fetched again. */
  goBack(error: Error, offset: number, lastOffset = this.intake.queue.position - 1): Outcome {
    const { topic, partition } = this.#parts.of
    const count = lastOffset + 1 - offset
    this.intake.restart(offset)
    this.#setbacks.forget()
    const what = { error, topic, partition, offset, lastOffset, count, undelivered: true, isGivenUp: false }
    return this.#setbacks.failed({ ...what, message: () => undefined })
  }

  /** As if it had never failed. */
  forgive(): void {
    this.#setbacks.forgive()
  }
}
