// What sentences are made of: times, places, counts, errors and what a worker had in hand, as they stand in every line. Knows neither
// levels nor who reads them.

import type { EventName, Events, LastHeard, Level, Partition, PartitionAt } from '../events/events.ts'

export interface Sentence<N extends EventName> {
  readonly level: Level | ((data: Events[N]) => Level)
  readonly say: (data: Events[N]) => string
}

export const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 0))} s`
export const at = ({ topic, partition }: Partition): string => `${topic}/${partition}`
export const list = (all: readonly Partition[]): string => all.map(at).join(', ')
export const positions = (all: readonly PartitionAt[]): string => all.map(one => `${at(one)}@${one.offset}`).join(', ')
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
export const range = ({ offset, lastOffset }: { offset: number; lastOffset: number }): string =>
  offset === lastOffset ? `${offset}` : `${offset}…${lastOffset}`

/** So many messages in hand are named in a line. */
const MOST_NAMED = 10

export function had({ agoMs, inHand, more, memoryBytes }: LastHeard): string {
  if (inHand.length === 0) return 'It had nothing in hand.'
  const named = inHand.slice(0, MOST_NAMED).map(one => `${at(one)}@${range(one)} for ${seconds(one.forMs)}`)
  const others = inHand.length - named.length + more
  const all = `${named.join(', ')}${others > 0 ? ` and ${count(others, 'other')}` : ''}`
  const megabytes = Math.round(memoryBytes / 2 ** 20)
  return `When it was last heard, ${seconds(agoMs)} before, it had in hand ${all}, and ${megabytes} MB of memory.`
}

export const quieted = ({
  consumers,
  partitions,
}: {
  consumers: readonly string[]
  partitions: readonly string[]
}): string => (partitions.length === 0 ? consumers.join(', ') : `${partitions.join(', ')} (${consumers.join(', ')})`)

export const again = (partition: string): string =>
  `Once its cause is mended: racecarctl continue --partition ${partition}, or a restart of racecar.`

/** What is done to a message that ends its workers. */
export const FOLLOWS: Readonly<Record<Events['message.convicted']['follows'], (partition: string) => string>> = {
  stop: partition => `${partition} stops before it; the other partitions go on. ${again(partition)}`,
  skip: () => 'It is skipped.',
  'dead-letter': () => 'It goes to the topic for dead letters.',
}

/** Each once, with how often. */
export function tally(whys: readonly string[]): string {
  const often = (why: string) => whys.filter(one => one === why).length
  return [...new Set(whys)].map(why => (often(why) > 1 ? `${often(why)} times: ${why}` : why)).join('; ')
}
