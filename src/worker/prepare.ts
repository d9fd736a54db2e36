// From a consumer class and its configuration to a runner around the class's one instance. A worker and the test kit are the two
// who do this, and do it in the same way.

import type { ConsumerClass, ConsumerInstance } from '../consumer/consumer.ts'
import { parserOf, retryOf } from '../consumer/consumer.ts'
import { RacecarError } from '../errors.ts'
import { reasonOf } from '../lib/reason.ts'
import { Runner, type RunnerParts } from '../runner/runner.ts'

/** Throws START_FAILED where the user's constructor throws. */
export function instantiate(cls: ConsumerClass): ConsumerInstance & object {
  try {
    return new cls()
  } catch (cause) {
    const why = reasonOf(cause)
    throw new RacecarError('START_FAILED', `the constructor failed: ${why}`, { cause })
  }
}

export const runnerOf = (cls: ConsumerClass, parts: Omit<RunnerParts, 'parsers' | 'retries'>): Runner =>
  new Runner({ ...parts, parsers: topic => parserOf(cls, topic), retries: topic => retryOf(cls, topic) })
