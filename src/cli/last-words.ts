// What a process says on standard error when it does not end well: which code, why, and what to do about it.

import { EXIT, isRacecarError } from '../errors.ts'

export interface End {
  readonly exitCode: number
  readonly why: string
}

/** Where errors go that nobody caught: the user's code may be at home in this process, and then they are its own. */
export interface Uncaught {
  tell(error: unknown): void
}

export function lastWords({ exitCode, why }: End): string {
  return exitCode === EXIT.clean ? '' : `racecar ends with exit code ${exitCode}: ${ended(why)}\n`
}

const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

/** What is not ours to expect is a bug, and its stack is what mends it. */
export function endOf(thrown: unknown): End {
  if (isRacecarError(thrown)) return { exitCode: thrown.exitCode, why: `${ended(thrown.message)} ${thrown.cure}` }
  return { exitCode: EXIT.bug, why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }
}
