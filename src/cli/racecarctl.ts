// The command `racecarctl`: its own small table of commands, one racecar to say them to, and exit codes. Loads nothing of what
// runs workers.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import { runFolders } from '../supervisor/run-folder.ts'
import { choose, type Selection, type Target } from './ctl/find.ts'
import type { Ground } from './ctl/ground.ts'
import { type StatusOptions, status } from './ctl/status.ts'
import { type StopOptions, stop } from './ctl/stop.ts'
import { plain, table } from './ctl/words.ts'
import { ownVersion } from './version.ts'

type Options = Selection & StatusOptions & StopOptions

interface CtlCommand {
  readonly about: string
  readonly options: readonly Option[]
  readonly run: (target: Target, options: Options, ground: Ground) => Promise<number>
}

const commands: Readonly<Record<string, CtlCommand>> = {
  status: {
    about: 'shows slots and partitions',
    options: [new Option('--json', 'as JSON'), new Option('--watch', 'again every second')],
    run: status,
  },
  stop: {
    about: 'asks for a graceful stop and waits until the process is gone',
    options: [
      new Option('--timeout <seconds>', 'how long to wait (default: shutdown_timeout and 5 s)').argParser(toSeconds),
      new Option('--force', 'end it at once when it is still there after that'),
    ],
    run: stop,
  },
}

export async function main(argv: readonly string[]): Promise<never> {
  const { stdout: out, stderr: err, env } = process
  // Whoever reads it has read enough.
  for (const stream of [out, err]) stream.on('error', () => process.exit(EXIT.failure))
  const kill = (pid: number) => process.kill(pid, 'SIGKILL')
  const ground: Ground = { folders: runFolders(env), cwd: process.cwd(), clock: systemClock, out, err, kill }
  return process.exit(await racecarctl(argv, ground))
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
    .description('Asks a running racecar how it stands, and stops it.')
    .exitOverride()
    .configureOutput({ writeOut: text => ground.out.write(text), writeErr: text => ground.err.write(text) })
    .showHelpAfterError('Try racecarctl --help.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', EPILOGUE)
  for (const [name, command] of Object.entries(commands)) {
    const sub = program.command(name).description(command.about).allowExcessArguments(false)
    for (const option of [...selecting(), ...command.options]) sub.addOption(option)
    sub.action(async (options: Options) => done(await toOne(command, options, ground)))
  }
  return program
}

const EPILOGUE = `
Without --pidfile and --consumer it is the one racecar of this user that runs. Exit codes: 0 done, 1 not running or failed,
64 usage, or several that could be meant.`

const selecting = (): Option[] => [
  new Option('-p, --pidfile <file>', 'the racecar with this pidfile').conflicts('consumer'),
  new Option('-c, --consumer <name>', 'the racecar that runs this consumer'),
]

async function toOne(command: CtlCommand, options: Options, ground: Ground): Promise<number> {
  const choice = await choose(options, ground)
  switch (choice.kind) {
    case 'one':
      return command.run(choice.target, options, ground)
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

function toSeconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It is a number of seconds.')
  return value
}
