// What a process says on standard error when it does not end well: which code, why, and what to do about it.

import { EXIT, isRacecarError } from '../errors.ts'
import { asSentence, withCure } from '../lib/sentence.ts'

export interface End {
  readonly exitCode: number
  readonly why: string
}

/** Where errors go that nobody caught: the user's code may be at home in this process, and then they are its own. */
export interface Uncaught {
  tell(error: unknown): void
}

export function lastWords({ exitCode, why }: End): string {
  return exitCode === EXIT.clean ? '' : `racecar ends with exit code ${exitCode}: ${asSentence(why)}\n`
}

/** What is not ours to expect is a bug, and its stack is what mends it. */
export function endOf(thrown: unknown): End {
  if (isRacecarError(thrown)) return { exitCode: thrown.exitCode, why: withCure(thrown.message, thrown.cure) }
  return { exitCode: EXIT.bug, why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }
}
