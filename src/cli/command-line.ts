// The command line: from the table of options to flags and help, and from arguments to what is wanted. The only place that knows
// commander. What the values of flags mean is for the loader of options to say.

import { Command, CommanderError, Option } from 'commander'
import { describeFlags, type FlagDescription } from '../config/flags.ts'
import { EXIT } from '../errors.ts'

export type Wanted =
  | { readonly kind: 'run'; readonly consumer: string; readonly flags: Readonly<Record<string, unknown>> }
  /** Help, version, or a usage error: printed already. */
  | { readonly kind: 'end'; readonly exitCode: number }

export interface Printer {
  out(text: string): void
  err(text: string): void
}

export function readCommandLine(argv: readonly string[], version: string, printer: Printer): Wanted {
  const command = build(version, printer)
  try {
    command.parse(argv, { from: 'user' })
    const [consumer = ''] = command.args
    if (!/^\p{Lu}/u.test(consumer)) command.error(`error: the name of a consumer starts with a capital: ${consumer}`)
    return { kind: 'run', consumer, flags: command.opts() }
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { kind: 'end', exitCode: error.exitCode === 0 ? EXIT.clean : EXIT.usage }
  }
}

function build(version: string, printer: Printer): Command {
  const command = new Command('racecar')
    .description('Runs a consumer: as many workers as asked for, watched and replaced, in one Kafka consumer group.')
    .usage('[options] <Consumer>')
    .argument('<Consumer>', 'name of the class, as it is exported')
    .allowExcessArguments(false)
    .showHelpAfterError('Try racecar --help.')
    .exitOverride()
    .configureOutput({ writeOut: text => printer.out(text), writeErr: text => printer.err(text) })
  for (const flag of describeFlags()) for (const option of optionsFor(flag)) command.addOption(option)
  return command
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', EPILOGUE)
}

const EPILOGUE = `
Each option can be set by a variable as well: --max-wait-time is RACECAR_MAX_WAIT_TIME. A flag goes before a variable, a variable
before this.configure({ … }) in the class. Exit codes: 0 clean, 1 failure or crash loop, 2 forced stop, 64 usage, 73 pidfile or log
cannot be written, 75 already running, 77 credentials or ACL, 78 options or consumer.`

function optionsFor(flag: FlagDescription): Option[] {
  const { name, short, aliases, placeholder, group } = flag
  const value = placeholder === undefined ? '' : ` <${placeholder}>`
  const main = new Option(`${short === undefined ? '' : `-${short}, `}--${name}${value}`, described(flag))
  const others = aliases.map(alias => new Option(`--${alias}${value}`).hideHelp())
  const valued = [main, ...others].map(option => (flag.repeats ? option.argParser(appended) : option))
  const negated = placeholder === undefined ? [new Option(`--no-${name}`).hideHelp()] : []
  return [...valued, ...negated].map(option => option.helpGroup(`${group}:`))
}

const described = ({ about, defaultText }: FlagDescription): string =>
  defaultText === '' || defaultText === 'false' ? about : `${about} (default: ${defaultText})`

/** Given several times it is one list, as if it had been written with commas. */
const appended = (value: string, before: unknown): string => (typeof before === 'string' ? `${before},${value}` : value)
