// Kafka's requests list partitions under their topics.

import type { TopicPartition } from '../engine.ts'

/** Neighbours of the same topic share an entry; the order is kept, because a broker fills a fetch in the order it is asked. */
export function byTopic<P extends TopicPartition, E>(
  partitions: readonly P[],
  entry: (p: P) => E,
): { topic: string; partitions: E[] }[] {
  const topics: { topic: string; partitions: E[] }[] = []
  for (const p of partitions) {
    const last = topics.at(-1)
    if (last?.topic === p.topic) last.partitions.push(entry(p))
    else topics.push({ topic: p.topic, partitions: [entry(p)] })
  }
  return topics
}
