// How a command comes to Kafka: beside any racecar, with the options of one that would be started here; and how it says that it
// does not come there.

import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { type ErrorCode, isRacecarError } from '../../errors.ts'
import { asSentence, withCure } from '../../lib/sentence.ts'
import { findConfig, readFile } from '../config.ts'
import { endOf } from '../last-words.ts'
import type { Ground } from './ground.ts'

export interface KafkaOptions {
  readonly brokers?: string | undefined
  readonly config?: string | undefined
  readonly env?: string | undefined
}

/** Milliseconds within which a broker must have answered. */
export const REACH_MS = 10_000

/** Where it is another one than racecar's. */
const CURES: Partial<Record<ErrorCode, string>> = {
  TOPIC_MISSING: 'Create it, or check its name: racecarctl never creates one.',
  USAGE: 'See racecarctl --help.',
}

/** The exit code of the task, or that of the error that it met, which is told. */
export async function atKafka(
  options: KafkaOptions,
  ground: Ground,
  task: (config: Config) => Promise<number>,
): Promise<number> {
  try {
    return await task(await settle(options, ground))
  } catch (error) {
    const end = endOf(error)
    const cure = isRacecarError(error) ? CURES[error.code] : undefined
    const why = cure === undefined ? end.why : withCure((error as Error).message, cure)
    ground.err.write(`racecarctl: ${asSentence(why)}\n`)
    return end.exitCode
  }
}

/** As a racecar would be configured that is started here, were it not for the class. */
async function settle({ brokers, config, env: name }: KafkaOptions, { cwd, env }: Ground): Promise<Config> {
  const flags = { config, env: name }
  // Nobody listens for signals here: they end the process.
  const files = await findConfig({ cwd, flags, env, heard: { signals: [], tell: () => {} } })
  // Said for this one command: not even a raw setting in a file goes before it, or it would go to another Kafka.
  const forced = brokers === undefined ? [] : [{ source: 'flag --brokers', values: { brokers } }]
  return loadConfig({ files: files!.sections, env, readFile, flags, forced, classPending: true }).config
}
