// What may be asked of a running racecar over its control socket, as one table: the name of a command, and what answers it.

import { MOST_WORKERS } from '../config/options.ts'
import type { Scale } from './moves.ts'
import type { Which } from './quiet.ts'
import type { Identity } from './run-folder.ts'
import type { Request } from './signals.ts'
import type { Standing } from './status.ts'

export interface Hello extends Identity {
  /** null: not known yet. */
  readonly group: string | null
}

/** The primary itself. */
export interface About {
  /** ISO 8601. */
  readonly startedAt: string
  /** Resident. */
  readonly memoryBytes: number
  /** Absolute; null: standard output. */
  readonly logfile: string | null
  readonly configuration: Configuration
}

/** Where options that are not the defaults come from: names alone. */
export interface Configuration {
  readonly files: readonly string[]
  /** Which of their sections holds. */
  readonly environment: string
  readonly variables: readonly string[]
  readonly flags: readonly string[]
}

/** Who is controlled. */
export interface Controlled {
  hello(): Hello
  about(): About
  status(): Promise<Standing>
  /** Milliseconds that a graceful stop may take. */
  graceMs(): number
  ask(request: Request): void
}

const BY = 'racecarctl'

type Fields = Readonly<Record<string, unknown>>

/** Throws where it makes no sense, or names a consumer that is not here. */
function whichOf({ consumers = [], partitions = [] }: Fields, of: Controlled): Which {
  if (!isTexts(consumers) || !isTexts(partitions)) throw new Error('consumers and partitions are lists of names')
  const here = of.hello().consumer.split(', ')
  const stranger = consumers.find(consumer => !here.includes(consumer))
  if (stranger !== undefined) throw new Error(`there is no consumer ${stranger} here, only ${here.join(', ')}`)
  return { consumers, partitions }
}

/** Throws where it is no number of workers. */
function scaleOf({ workers }: Fields): Scale {
  if (!Number.isSafeInteger(workers) || (workers as number) < 1 || (workers as number) > MOST_WORKERS)
    throw new Error(`workers is a whole number from 1 to ${MOST_WORKERS}`)
  return { workers: workers as number }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(one => typeof one === 'string')

export const commands = {
  hello: (of: Controlled) => of.hello(),
  status: async (of: Controlled) => ({ ...of.hello(), ...of.about(), ...(await of.status()) }),
  stop: (of: Controlled) => {
    of.ask({ kind: 'stop', reason: BY })
    return { withinMs: of.graceMs() }
  },
  quiet: (of: Controlled, question: Fields) => {
    of.ask({ kind: 'quiet', by: BY, which: whichOf(question, of) })
    return { withinMs: of.graceMs() }
  },
  continue: (of: Controlled, question: Fields) => {
    of.ask({ kind: 'continue', by: BY, which: whichOf(question, of) })
    return { withinMs: 0 }
  },
  restart: (of: Controlled) => {
    of.ask({ kind: 'restart', by: BY })
    return { withinMs: of.graceMs() }
  },
  workers: (of: Controlled, question: Fields) => {
    const { consumers } = whichOf(question, of)
    of.ask({ kind: 'scale', by: BY, to: scaleOf(question), consumers })
    return { withinMs: of.graceMs() }
  },
  /** What a second SIGINT does. */
  kill: (of: Controlled) => {
    of.ask({ kind: 'kill', by: BY })
    return { withinMs: 0 }
  },
} satisfies Record<string, (of: Controlled, question: Fields) => object | Promise<object>>

export type CommandName = keyof typeof commands
export type AnswerTo<C extends CommandName> = Awaited<ReturnType<(typeof commands)[C]>>

/** One line of JSON each way. `consumers` and `partitions` are for `quiet` and `continue`, `consumers` and `workers` for `workers`. */
export interface Question extends Partial<Which> {
  readonly command: CommandName
  readonly workers?: number
}

export type Answer<C extends CommandName = CommandName> =
  | { readonly ok: true; readonly data: AnswerTo<C> }
  | { readonly ok: false; readonly error: string }

export const isCommand = (name: unknown): name is CommandName =>
  typeof name === 'string' && Object.hasOwn(commands, name)
