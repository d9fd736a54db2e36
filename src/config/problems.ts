// What can be wrong with options, in sentences that name option, value and source; and the one error that carries all of them.

import { RacecarError } from '../errors.ts'
import { untold } from './untold.ts'

export interface Problem {
  /** As in prose: max_wait_time; or the unknown name as it was written. */
  readonly option: string
  /** What was given; masked where it is secret, undefined where nobody knows whether it is. */
  readonly value: unknown
  /** `flag --workers`, `env RACECAR_WORKERS`, `class WelcomeConsumer`. */
  readonly source: string
  readonly sentence: string
}

export class ConfigError extends RacecarError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const sentences = problems.map(({ sentence }) => sentence)
    super(
      'CONFIG',
      sentences.length === 1 ? sentences[0]! : [`${sentences.length} options are wrong:`, ...sentences].join('\n- '),
    )
    this.problems = problems
  }
}

const LONGEST_SHOWN = 80

/** A value as it stands in a sentence. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' || isPlain(value) ? JSON.stringify(untold(value)) : describe(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}

const isPlain = (value: unknown): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  Number.isFinite(value) ||
  (Array.isArray(value) && value.every(isText))

const isText = (value: unknown): boolean => typeof value === 'string'

function describe(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list of other things' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
