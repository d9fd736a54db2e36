// How a producer is configured, and what it knows of its way to Kafka. Only types.

import type { ofProducers } from '../config/of-producers.ts'
import type { OptionValues } from '../config/options.ts'
import type { OutgoingRecord, ProduceError } from '../engine/engine.ts'
import type { RacecarError } from '../errors.ts'
import type { Stored } from '../producer/surroundings.ts'

/** As in OPTIONS.md, in camelCase; times in seconds. They overrule what is configured where the program runs. */
export interface ProducerOptions extends Partial<Pick<OptionValues, (typeof ofProducers)[number]>> {
  /**
   * Told of messages that were given up and that nobody waits for: MessageDeliveryError, or RacecarError with the code CONFIG. By
   * default a line on standard error, or in a worker in racecar's log.
   */
  readonly onError?: ((error: RacecarError) => void) | undefined
}

/** What is on its way to Kafka. */
export interface Line {
  send(record: OutgoingRecord): void
  close(): void
}

export interface LineEvents {
  /** undefined: stored, and where. */
  readonly onSettled: (record: OutgoingRecord, error: ProduceError | undefined, at: Stored | undefined) => void
}

export type OpenLine = (options: ProducerOptions, events: LineEvents) => Promise<Line>
