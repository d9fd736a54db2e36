// What a test uses of the package racecar-embedded: a Kafka that speaks the real protocol, of which all test files of a run share the
// process. The package is the user's to install.

import { RacecarError } from '../errors.ts'
import { importOptional } from '../lib/import-optional.ts'

/** As racecar-embedded has it. */
export type Topics = readonly string[] | Readonly<Record<string, number>>

export interface RealKafka {
  readonly brokers: readonly string[]
  createTopics(topics: Topics): Promise<void>
  /** Empty where there is no such topic. */
  ends(topic: string): Promise<readonly number[]>
  committed(group: string, topic: string): Promise<readonly (number | null)[]>
  stop(): Promise<void>
}

interface Package {
  shareKafka(options: { readonly topics: Topics; readonly partitions: number }): Promise<RealKafka>
}

export async function shareKafka(options: Parameters<Package['shareKafka']>[0]): Promise<RealKafka> {
  const imported = await importOptional('racecar-embedded', process.cwd())
  if (imported) return (imported as unknown as Package).shareKafka(options)
  throw new RacecarError(
    'CONFIG',
    'withKafka needs the package racecar-embedded, which is not installed: npm install --save-dev racecar-embedded.',
  )
}
