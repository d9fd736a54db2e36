// The small words that lines about events are made of.

import type { EventName, Events, Level, Partition, PartitionAt } from '../events/events.ts'

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

export const again = (partition: string): string =>
  `Once its cause is mended: racecarctl continue --partition ${partition}, or a restart of racecar.`
