// The command `racecarctl`: its own small table of commands, the one racecar that most of them are for, and exit codes. Loads
// nothing of what runs workers, and a Kafka client only where it is to produce.

import { Argument, Command, CommanderError, Option } from 'commander'
import { EXIT } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import { runFolders } from '../supervisor/run-folder.ts'
import {
  configuring,
  finding,
  listed,
  toCount,
  toHeaders,
  toInterval,
  toPartition,
  toPlace,
  toSeconds,
} from './ctl/arguments.ts'
import type { Commands } from './ctl/command.ts'
import { deadLetterCommands } from './ctl/dead-letter/commands.ts'
import { choose, type Selection, type Target } from './ctl/find.ts'
import type { Ground } from './ctl/ground.ts'
import type { LivenessProbeOptions } from './ctl/liveness-probe.ts'
import type { ProduceOptions } from './ctl/produce.ts'
import { goOn, type QuietOptions, quiet, type WhichOptions } from './ctl/quiet.ts'
import { type RestartOptions, restart } from './ctl/restart.ts'
import { type StatusOptions, status } from './ctl/status.ts'
import { type StopOptions, stop } from './ctl/stop.ts'
import { plain, table } from './ctl/words.ts'
import { type WorkersOptions, workers } from './ctl/workers.ts'
import { currentFolder } from './folder.ts'
import { ownVersion } from './version.ts'

const commands: Commands = {
  status: {
    about: 'shows slots and partitions',
    options: () => [
      ...selecting(),
      new Option('--json', 'as JSON'),
      new Option('--watch [seconds]', 'again and again, by default every second, until Ctrl-C').argParser(toInterval),
    ],
    run: toOne<StatusOptions>(status),
  },
  stop: {
    about: 'asks for a graceful stop and waits until the process is gone',
    options: () => [
      ...selecting(),
      new Option('--timeout <seconds>', 'how long to wait (default: shutdown_timeout and 5 s)').argParser(toSeconds),
      new Option('--force', 'end it at once when it is still there after that'),
    ],
    run: toOne<StopOptions>(stop),
  },
  restart: {
    about: 'reads your code afresh and replaces the workers by it, one after another, without a rebalance',
    options: () => [
      ...selecting(),
      new Option('--timeout <seconds>', 'how long to wait (default: until it is over)').argParser(toSeconds),
    ],
    run: toOne<RestartOptions>(restart),
  },
  workers: {
    about: 'has it run another number of workers, of each consumer, and waits until it does',
    argument: () => new Argument('<number>', '1 or more').argParser(toCount),
    options: () => [
      ...selecting(),
      only(),
      new Option('--timeout <seconds>', 'how long to wait (default: 60)').argParser(toSeconds),
    ],
    run: (options, ground, count) =>
      toOne<WorkersOptions>((target, own) => workers(target, { ...own, count: count as number }, ground))(
        options,
        ground,
      ),
  },
  quiet: {
    about: 'has no further message started and waits until nothing is in hand; members stay in the group',
    options: () => [
      ...selecting(),
      ...narrowing(),
      new Option('--timeout <seconds>', 'how long to wait (default: shutdown_timeout)').argParser(toSeconds),
    ],
    run: toOne<QuietOptions>(quiet),
  },
  continue: {
    about: 'goes on with what is quiet',
    options: () => [...selecting(), ...narrowing()],
    run: toOne<WhichOptions>(goOn),
  },
  produce: {
    about: 'stores a message in a topic, or each line of standard input as one',
    options: producing,
    run: async (options, ground) => (await import('./ctl/produce.ts')).produce(options as ProduceOptions, ground),
  },
  'liveness-probe': {
    about: 'ends with 0 while the file that racecar touches with --liveness-probe-enabled is young enough',
    alias: 'liveness_probe',
    options: () => [
      ...configuring(),
      new Option(
        '--liveness-probe-file-path <file>',
        'where it is (default: racecar-liveness in the temporary folder)',
      ),
      new Option('--liveness-probe-max-interval <seconds>', 'how old it may be (default: 5)'),
      new Option('--liveness-probe-skip-config-files', 'read no configuration files'),
    ],
    run: async (options, ground) =>
      (await import('./ctl/liveness-probe.ts')).livenessProbe(options as LivenessProbeOptions, ground),
  },
  'dead-letter': {
    about: 'lists, shows, replays and purges what is in a topic of dead letters',
    commands: deadLetterCommands,
  },
}

export async function main(argv: readonly string[]): Promise<never> {
  const { stdout: out, stderr: err, env } = process
  const input = () => process.stdin
  // Whoever reads it has read enough.
  for (const stream of [out, err]) stream.on('error', () => process.exit(EXIT.failure))
  const kill = (pid: number) => process.kill(pid, 'SIGKILL')
  const ground: Ground = {
    folders: runFolders(env),
    cwd: currentFolder('racecarctl'),
    env,
    clock: systemClock,
    input,
    out,
    err,
    interrupted,
    kill,
  }
  return process.exit(await racecarctl(argv, ground))
}

function interrupted(): AbortSignal {
  const controller = new AbortController()
  process.on('SIGINT', () => controller.abort())
  return controller.signal
}

export async function racecarctl(argv: readonly string[], ground: Ground): Promise<number> {
  const codes: number[] = []
  const program = build(ground, code => codes.push(code))
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? EXIT.clean : EXIT.usage
  }
  return codes[0] ?? EXIT.usage
}

function build(ground: Ground, done: (code: number) => void): Command {
  const program = new Command('racecarctl')
    .description(
      'Asks a running racecar how it stands; quiets, restarts, scales and stops it; produces messages, looks after dead letters, and whether it lives.',
    )
    .exitOverride()
    .configureOutput({ writeOut: text => ground.out.write(text), writeErr: text => ground.err.write(text) })
    .showHelpAfterError('Try racecarctl --help.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', EPILOGUE)
  addAll(program, commands, ground, done)
  return program
}

function addAll(parent: Command, all: Commands, ground: Ground, done: (code: number) => void): void {
  for (const [name, command] of Object.entries(all)) {
    const sub = parent.command(name).description(command.about).allowExcessArguments(false)
    if ('commands' in command) {
      addAll(sub.helpCommand(false), command.commands, ground, done)
      continue
    }
    if (command.alias !== undefined) sub.alias(command.alias)
    for (const option of command.options()) sub.addOption(option)
    if (command.argument) sub.addArgument(command.argument())
    sub.action(async () => done(await command.run(sub.opts(), ground, sub.processedArgs[0])))
  }
}

const EPILOGUE = `
status, stop, restart, workers, quiet and continue: without --pidfile and --consumer it is the one racecar of this user that runs. produce and
dead-letter: Kafka's address and all else comes from --brokers, from RACECAR_* variables, and from config/racecar.* of this folder, the strongest first.
liveness-probe reads its options in the same way.
Exit codes: 0 done, 1 not running or failed, 64 usage, or several that could be meant, 69 no broker or no such topic,
77 credentials or ACL, 78 options.`

const selecting = (): Option[] => [
  new Option('-p, --pidfile <file>', 'the racecar with this pidfile').conflicts('consumer'),
  new Option('-c, --consumer <name>', 'the racecar that runs this consumer'),
]

const only = (): Option =>
  new Option('--only <consumer>', 'this consumer alone; may be given several times').argParser(listed)

const narrowing = (): Option[] => [
  only(),
  new Option('--partition <topic/number>', 'this partition alone; may be given several times').argParser(toPlace),
]

function producing(): Option[] {
  return [
    new Option('-t, --topic <topic>', 'where to; it must exist').makeOptionMandatory(),
    new Option('-v, --value <text>', 'the message; without it each line of standard input is one').conflicts('null'),
    new Option('--null', 'one message without a value, a tombstone'),
    new Option('-k, --key <text>', 'key, of all of them'),
    new Option('-p, --partition <number>', 'partition (default: by the key, or any)').argParser(toPartition),
    new Option('-H, --header <name=value>', 'a header; may be given several times').argParser(toHeaders),
    ...finding(),
  ]
}

/** A command for one running racecar. */
function toOne<O>(command: (target: Target, options: O, ground: Ground) => Promise<number>) {
  return async (given: unknown, ground: Ground): Promise<number> => {
    const options = given as O & Selection
    const choice = await choose(options, ground)
    switch (choice.kind) {
      case 'one':
        return command(choice.target, options, ground)
      case 'none':
        ground.err.write(`racecarctl: ${choice.why}\n`)
        return EXIT.failure
      case 'several':
        ground.err.write(
          `racecarctl: several could be meant; say which by --pidfile or --consumer.\n${list(choice.targets)}`,
        )
        return EXIT.usage
      default:
        return choice satisfies never
    }
  }
}

function list(targets: readonly Target[]): string {
  const columns = [
    { title: 'CONSUMER' },
    { title: 'PID', align: 'right' },
    { title: 'GROUP' },
    { title: 'PIDFILE' },
  ] as const
  const rows = targets.map(({ identity, group }) => {
    const { consumer, pid, pidfile } = identity
    return [plain(consumer), String(pid), plain(group ?? '–'), plain(pidfile ?? '–', 300)]
  })
  return table(columns, rows)
}
