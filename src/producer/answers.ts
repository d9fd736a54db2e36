// Reads what an engine answered to one attempt. An engine that says nothing of a record has not said that it is stored.

import { MessageDeliveryError } from '../delivery-error.ts'
import type { OutgoingRecord, ProduceError } from '../engine/engine.ts'
import type { Entry } from './topic-line.ts'

/** undefined: stored. */
export type Answer = ProduceError | undefined

export const unknown = (why: string, options?: ErrorOptions): ProduceError =>
  Object.assign(new Error(why, options), { retriable: true })

/** Of what nobody waits for any more. */
export const tooLate = (batch: readonly Entry[]): readonly Answer[] =>
  batch.map(() => unknown('nothing is delivered any more'))

/** One answer for each record, whatever the engine does. */
export async function ask(
  produce: (records: readonly OutgoingRecord[]) => Promise<readonly Answer[]>,
  batch: readonly Entry[],
): Promise<readonly Answer[]> {
  try {
    const answers = await produce(batch.map(({ record }) => record))
    return batch.map((_, index) => (index < answers.length ? answers[index] : unknown('the engine gave no answer')))
  } catch (cause) {
    return batch.map(() => unknown('the engine failed to produce', { cause }))
  }
}

/** A record that was given up, and why. */
export interface GivenUp {
  readonly record: OutgoingRecord
  readonly error: ProduceError
}

export function failureOf(failed: readonly GivenUp[]): MessageDeliveryError {
  const [{ record, error }] = failed as [GivenUp]
  return new MessageDeliveryError({
    topic: record.topic,
    partition: error.partition ?? record.partition,
    count: failed.length,
    timedOut: error.retriable,
    cause: error,
  })
}
