// How a command comes to Kafka: beside any racecar, with the options of one that would be started here; and how it says that it
// does not come there.

import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { findConfig, sourcesOf } from '../config.ts'
import { type Cures, exitCodeOf } from './exit-code.ts'
import type { Ground } from './ground.ts'

export interface KafkaOptions {
  readonly brokers?: string | undefined
  readonly config?: string | undefined
  readonly env?: string | undefined
}

/** Milliseconds within which a broker must have answered. */
export const REACH_MS = 10_000

const CURES: Cures = {
  TOPIC_MISSING: 'Create it, or check its name: racecarctl never creates one.',
  USAGE: 'See racecarctl --help.',
}

export const atKafka = (
  options: KafkaOptions,
  ground: Ground,
  task: (config: Config) => Promise<number>,
): Promise<number> => exitCodeOf(async () => task(await settle(options, ground)), ground, CURES)

/** As a racecar would be configured that is started here, were it not for the class. */
async function settle({ brokers, config, env: name }: KafkaOptions, { cwd, env }: Ground): Promise<Config> {
  const flags = { config, env: name }
  // Nobody listens for signals here: they end the process.
  const found = await findConfig({ cwd, flags, env, heard: { signals: [], tell: () => {} } })
  // Said for this one command: not even a raw setting in a file goes before it, or it would go to another Kafka.
  const forced = brokers === undefined ? [] : [{ source: 'flag --brokers', values: { brokers } }]
  return loadConfig({ ...sourcesOf({ env, flags }, found!), forced, classPending: true }).config
}
