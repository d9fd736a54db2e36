// Which dead letters a command is about: read in order of partition and offset, of what the topic holds now.

import type { Bounds } from '../../../engine/kafkajs/reader.ts'
import type { Box } from './box.ts'
import { type Letter, letterOf } from './letter.ts'
import { Progress } from './progress.ts'

export interface Place {
  readonly partition: number
  readonly offset: number
}

export interface Picking {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined
}

export interface Picked {
  readonly letter: Letter
  /** Between this offset and its own there is no other record. */
  readonly from: number
}

/** What the topic holds now, and what of it was replayed, by partition. */
export interface Holding {
  readonly bounds: readonly Bounds[]
  readonly progress: Map<number, Progress>
}

export async function look(box: Box): Promise<Holding> {
  const [bounds, marks] = await Promise.all([box.bounds(), box.marks()])
  const markOf = (partition: number) => marks.find(mark => mark.partition === partition)
  const progress = new Map(bounds.map(one => [one.partition, Progress.of(one, markOf(one.partition))]))
  return { bounds: [...bounds].sort((one, other) => one.partition - other.partition), progress }
}

export async function* lettersIn(box: Box, bounds: readonly Bounds[], picking: Picking): AsyncGenerator<Picked> {
  const { partition, since } = picking
  const some = bounds.filter(one => partition === undefined || one.partition === partition)
  for (const { start, end, ...of } of since === undefined ? some : await box.since(some, since)) {
    let from = start
    for await (const record of box.read({ ...of, from: start, to: end })) {
      const letter = letterOf(of.partition, record)
      if (isMeant(letter, picking)) yield { letter, from }
      from = record.offset + 1
    }
  }
}

export async function letterAt(box: Box, { partition, offset }: Place): Promise<Letter | undefined> {
  for await (const record of box.read({ topic: box.topic, partition, from: offset, to: offset + 1 }))
    return letterOf(partition, record)
  return undefined
}

/** The offsets of a partition do not follow the time of its records exactly. What says not where it came from is everybody's. */
const isMeant = ({ origin, record }: Letter, { topic, since }: Picking): boolean =>
  (since === undefined || record.timestamp >= since) && (topic === undefined || !origin || origin.topic === topic)
