// How a command of racecarctl ends that does something by itself, with no racecar to ask.

import { type ErrorCode, isRacecarError } from '../../errors.ts'
import { asSentence, withCure } from '../../lib/sentence.ts'
import { endOf } from '../last-words.ts'
import type { Ground } from './ground.ts'

/** What to do about an error, where that is something else than for racecar. */
export type Cures = Partial<Record<ErrorCode, string>>

/** The exit code of the task, or that of the error that it met, which is told. */
export async function exitCodeOf(task: () => Promise<number>, { err }: Ground, cures: Cures = {}): Promise<number> {
  try {
    return await task()
  } catch (error) {
    const end = endOf(error)
    const cure = isRacecarError(error) ? cures[error.code] : undefined
    const why = cure === undefined ? end.why : withCure((error as Error).message, cure)
    err.write(`racecarctl: ${asSentence(why)}\n`)
    return end.exitCode
  }
}
