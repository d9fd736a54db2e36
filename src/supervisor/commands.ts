// What may be asked of a running racecar over its control socket, as one table: the name of a command, and what answers it.

import type { Identity } from './run-folder.ts'
import type { Request } from './signals.ts'
import type { Standing } from './status.ts'

export interface Hello extends Identity {
  /** null: not known yet. */
  readonly group: string | null
}

/** Who is controlled. */
export interface Controlled {
  hello(): Hello
  status(): Promise<Standing>
  /** Milliseconds that a graceful stop may take. */
  graceMs(): number
  ask(request: Request): void
}

const BY = 'racecarctl'

export const commands = {
  hello: (of: Controlled) => of.hello(),
  status: async (of: Controlled) => ({ ...of.hello(), ...(await of.status()) }),
  stop: (of: Controlled) => {
    of.ask({ kind: 'stop', reason: BY })
    return { withinMs: of.graceMs() }
  },
  /** What a second SIGINT does. */
  kill: (of: Controlled) => {
    of.ask({ kind: 'kill', by: BY })
    return { withinMs: 0 }
  },
} satisfies Record<string, (of: Controlled) => object | Promise<object>>

export type CommandName = keyof typeof commands
export type AnswerTo<C extends CommandName> = Awaited<ReturnType<(typeof commands)[C]>>

/** One line of JSON each way. */
export interface Question {
  readonly command: string
}

export type Answer<C extends CommandName = CommandName> =
  | { readonly ok: true; readonly data: AnswerTo<C> }
  | { readonly ok: false; readonly error: string }

export const isCommand = (name: unknown): name is CommandName =>
  typeof name === 'string' && Object.hasOwn(commands, name)
