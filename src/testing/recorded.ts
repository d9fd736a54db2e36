// What produceAsync() and its like are given where there is no Kafka: kept for a test to read, or stored in the small one of a test.

import type { Produced } from '../consumer/outlet.ts'
import { type Stored, surroundings } from '../producer/surroundings.ts'

export interface Recorded extends Disposable {
  /** In order. */
  readonly produced: readonly Produced[]
  /** From now on they go to Kafka again. */
  stop(): void
}

/**
 * From now on, in this process, messages of produceAsync, produceSync, waitForDelivery and createProducer go nowhere: they are kept
 * here, and count as stored, each topic counted from offset 0. Those of a consumer that is tested are its own, in `produced`.
 */
export function recordProduced(): Recorded {
  const around = surroundings()
  const before = around.standIn
  const produced: Produced[] = []
  const counts = new Map<string, number>()
  around.standIn = (value, to): Stored => {
    produced.push({ value, ...to })
    const { topic, partition = 0 } = to
    const offset = counts.get(`${topic}/${partition}`) ?? 0
    counts.set(`${topic}/${partition}`, offset + 1)
    return { topic, partition, offset }
  }
  const stop = () => {
    around.standIn = before
  }
  return { produced, stop, [Symbol.dispose]: stop }
}
