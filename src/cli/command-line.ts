// The command line: from the table of options to flags and help, and from arguments to what is wanted. The only place that knows
// commander. What the values of flags mean is for the loader of options to say.

import { Command, CommanderError, Option } from 'commander'
import { describeFlags, type FlagDescription } from '../config/flags.ts'
import { optionOf } from '../config/names.ts'
import { EXIT } from '../errors.ts'
import { addGenerators, GENERATORS } from './generate/command-line.ts'
import type { Generation } from './generate/generate.ts'

export type Wanted =
  | { readonly kind: 'run'; readonly consumers: readonly string[]; readonly flags: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'examine'
      readonly what: 'check' | 'config'
      readonly consumers: readonly string[]
      readonly flags: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'generate'; readonly generation: Generation }
  /** Help, version, or a usage error: printed already. */
  | { readonly kind: 'end'; readonly exitCode: number }

export interface Printer {
  out(text: string): void
  err(text: string): void
}

/** `run` where no other one is named: names of consumers start with a capital, so the two cannot be mistaken. These have all options. */
type CommandName = 'run' | 'check' | 'config'

export function readCommandLine(argv: readonly string[], version: string, printer: Printer): Wanted {
  const [first] = argv
  if (first === 'init' || first === 'generate' || first === 'g') return readGeneration(argv, printer)
  const name: CommandName = first === 'check' || first === 'config' ? first : 'run'
  const command = build(name, version, printer)
  try {
    command.parse(name === 'run' ? argv : argv.slice(1), { from: 'user' })
    const stray = command.args.find(arg => !/^\p{Lu}/u.test(arg))
    if (stray !== undefined) command.error(`error: the name of a consumer starts with a capital: ${stray}`)
    const flags = command.opts()
    if (name !== 'run') return { kind: 'examine', what: name, consumers: command.args, flags }
    return { kind: 'run', consumers: command.args, flags }
  } catch (error) {
    return ended(error)
  }
}

function readGeneration(argv: readonly string[], printer: Printer): Wanted {
  const program = configured(new Command('racecar'), printer)
  const decided: Generation[] = []
  addGenerators(program, generation => decided.push(generation))
  try {
    // Whoever says no more wants to know what there is.
    program.parse(argv.length > 1 || argv[0] === 'init' ? argv : [...argv, '--help'], { from: 'user' })
    return { kind: 'generate', generation: decided[0]! }
  } catch (error) {
    return ended(error)
  }
}

function ended(error: unknown): Wanted {
  if (!(error instanceof CommanderError)) throw error
  return { kind: 'end', exitCode: error.exitCode === 0 ? EXIT.clean : EXIT.usage }
}

const configured = (command: Command, printer: Printer): Command =>
  command
    .showHelpAfterError('Try racecar --help.')
    .exitOverride()
    .configureOutput({
      writeOut: text => printer.out(text),
      writeErr: text => printer.err(text),
      // A flag that nobody knows may have been meant for a secret.
      outputError: (text, write) => write(text.replace(/(?<=option '--?[\w-]+)=[\s\S]*'/, "=…'")),
    })
    .helpOption('-h, --help', 'print this')

const CONSUMER = 'name of the class, as it is exported'

const texts: Readonly<Record<CommandName, { usage: string; about: string; argument: string }>> = {
  run: {
    usage: '[options] <Consumer> [<Consumer> …]',
    about:
      'Runs consumers, each in as many workers as asked for, watched and replaced, in a Kafka consumer group of its own.',
    argument: '<Consumers...>',
  },
  check: {
    usage: 'check [options] <Consumer> [<Consumer> …]',
    about: 'Finds out what a start would find out before it connects: options, modules, the consumer. Runs nothing.',
    argument: '<Consumers...>',
  },
  config: {
    usage: 'config [options] [<Consumer> …]',
    about: 'Prints every option with its value and where it was set, secrets masked.',
    argument: '[Consumers...]',
  },
}

function build(name: CommandName, version: string, printer: Printer): Command {
  const { usage, about, argument } = texts[name]
  const command = configured(new Command('racecar'), printer)
    .description(about)
    .usage(usage)
    .argument(argument, CONSUMER)
    .allowExcessArguments(false)
  for (const flag of describeFlags()) for (const option of optionsFor(flag)) command.addOption(option)
  if (name === 'run') command.addHelpText('after', INSPECT + COMMANDS)
  return command.version(version, '-V, --version', 'print the version').addHelpText('after', EPILOGUE)
}

const INSPECT = `
Debugging:
  --inspect[=[host:]port], --inspect-brk[=[host:]port]   a debugger's port in each worker, from 9229 on; no limit ends a worker
`

const COMMANDS = `
Other commands:
  racecar init                ${GENERATORS.init}
  racecar generate            ${GENERATORS.generate}
  racecar check <Consumer>    ${texts.check.about}
  racecar config [Consumer]   ${texts.config.about}`

const EPILOGUE = `
In brackets the variable that sets the same. The strongest first: flags, variables, this.configure({ … }) in the class,
config/racecar.{ts,js,mjs}, config/racecar.yml.
Exit codes: 0 clean, 1 failure or crash loop, 2 forced stop, 64 usage, 69 no broker or topic with --fail-fast, 73 pidfile, log or
liveness file cannot be written, 75 already running, 77 credentials or ACL, 78 options or consumer.`

function optionsFor(flag: FlagDescription): Option[] {
  const { name, short, aliases, placeholder, group } = flag
  const value = placeholder === undefined ? '' : ` <${placeholder}>`
  // They are taken to be refused, with what to do instead.
  const isSecret = optionOf(flag.option).secret === true
  const main = new Option(`${short === undefined ? '' : `-${short}, `}--${name}${value}`, described(flag)).hideHelp(
    isSecret,
  )
  const others = aliases.map(alias => new Option(`--${alias}${value}`).hideHelp())
  const valued = [main, ...others].map(option => (flag.repeats ? option.argParser(appended) : option))
  const negated = placeholder === undefined ? [new Option(`--no-${name}`).hideHelp()] : []
  return [...valued, ...negated].map(option => option.helpGroup(`${group}:`))
}

function described({ about, defaultText, variable }: FlagDescription): string {
  const fallback = defaultText === '' || defaultText === 'false' ? '' : `, default: ${defaultText}`
  return `${about} (${variable}${fallback})`
}

/** Given several times it is one list, as if it had been written with commas. */
const appended = (value: string, before: unknown): string => (typeof before === 'string' ? `${before},${value}` : value)
