// The command line of `racecar init` and `racecar generate`. Part of every start, so it loads nothing of what writes.

import { type Command, InvalidArgumentError } from 'commander'
import type { Generation } from './generate.ts'
import { type ConsumerName, consumerName } from './names.ts'

export const GENERATORS = {
  init: 'Writes config/racecar.yml, an example consumer and its test, where they are missing. Asks nothing.',
  generate: 'Writes a consumer and its test: racecar generate consumer TapDance.',
} as const

const FORCE = ['--force', 'overwrite what is there'] as const
const EXAMPLE = consumerName('Example')!

/** `decided` is told of what is wanted; what is printed, or wrong, never comes so far. */
export function addGenerators(program: Command, decided: (generation: Generation) => void): void {
  program
    .command('init')
    .description(GENERATORS.init)
    .showHelpAfterError('Try racecar init --help.')
    .allowExcessArguments(false)
    .option(...FORCE)
    .action(({ force = false }) => decided({ isInit: true, name: EXAMPLE, topic: EXAMPLE.topic, force }))
  program
    .command('generate')
    .alias('g')
    .description(GENERATORS.generate)
    .showHelpAfterError('Try racecar generate --help.')
    .helpCommand(false)
    .command('consumer')
    .description('Writes a consumer and its test, where they are missing.')
    .showHelpAfterError('Try racecar generate consumer --help.')
    .allowExcessArguments(false)
    .argument('<name>', 'TapDance, TapDanceConsumer, tap-dance or tap_dance', toName)
    .option('--topic <topic>', 'what it consumes (default: its name, as in tap-dance)')
    .option(...FORCE)
    .action((name: ConsumerName, { topic = name.topic, force = false }) =>
      decided({ isInit: false, name, topic, force }),
    )
}

function toName(text: string): ConsumerName {
  const name = consumerName(text)
  if (name) return name
  throw new InvalidArgumentError('The name of a consumer is of letters and digits, as in TapDance.')
}
