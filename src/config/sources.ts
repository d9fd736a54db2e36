// Where options are set: each source lists what it sets, by the table's names, and the names that the table does not know.
// What the values mean is not looked at here.

import { nearest } from '../lib/nearest.ts'
import {
  camelOf,
  isOptionName,
  kebabOf,
  optionBySpelling,
  optionNames,
  optionOf,
  PREFIX,
  snakeOf,
  spellingsOf,
  variableOf,
} from './names.ts'
import type { OptionName } from './options.ts'
import type { Problem } from './problems.ts'
import { isServiceLink } from './service-links.ts'

export interface Setting {
  readonly option: OptionName
  readonly raw: unknown
  /** `flag --workers`, `env RACECAR_WORKERS`, `class WelcomeConsumer`. */
  readonly source: string
}

export type Given = Readonly<Record<string, unknown>>
export type Variables = Readonly<Record<string, string | undefined>>

// Read elsewhere: it chooses the section of the environment.
const OTHER_VARIABLES = ['RACECAR_ENV']

export function* fromVariables(env: Variables): Generator<Setting | Problem> {
  const known = new Map([...optionBySpelling].map(([spelling, option]) => [variableOf(spelling), option]))
  for (const [name, value] of Object.entries(env)) {
    // An empty variable is how shells and Compose files unset one.
    if (!name.startsWith(PREFIX) || value === undefined || value === '') continue
    const option = known.get(name)
    const source = `env ${name}`
    if (option) {
      // Its own name goes before an alias.
      const isOverruled = name !== variableOf(option) && env[variableOf(option)]
      if (!isOverruled) yield { option, raw: value, source }
    } else if (!OTHER_VARIABLES.includes(name) && !isServiceLink(name, value)) {
      yield unknown(name, value, source, source, nearestVariable(name, [...known.keys(), ...OTHER_VARIABLES]))
    }
  }
}

function nearestVariable(name: string, known: readonly string[]): string | undefined {
  const bare = (variable: string): string => variable.slice(PREFIX.length)
  const meant = nearest(bare(name), known.map(bare))
  return meant && PREFIX + meant
}

export function* fromFlags(flags: Given): Generator<Setting | Problem> {
  for (const [name, raw] of Object.entries(flags)) {
    if (raw === undefined) continue
    const option = optionBySpelling.get(camelOf(name))
    const source = `flag --${kebabOf(camelOf(name))}`
    if (option) yield { option, raw, source }
    else {
      const meant = nearest(camelOf(name), optionBySpelling.keys())
      yield unknown(name, raw, source, source, meant && `--${kebabOf(meant)}`)
    }
  }
}

/** What a class was configured with, or a program passed in code: `source` says which. */
export function* fromCode(
  given: Given,
  source: string,
  may: (name: OptionName) => boolean,
): Generator<Setting | Problem> {
  for (const [name, raw] of Object.entries(given)) {
    if (raw === undefined) continue
    if (!isOptionName(name)) {
      const meant = nearest(name, optionNames.filter(may).flatMap(spellingsOf))
      yield unknown(name, raw, source, `${name} in ${source}`, meant && optionBySpelling.get(meant))
    } else if (may(name)) yield { option: name, raw, source }
    else {
      const sentence = `${snakeOf(name)} cannot be set by a class, but ${source} does; set it by --${kebabOf(name)} or ${variableOf(name)}`
      yield { option: snakeOf(name), value: mask(name, raw), source, sentence }
    }
  }
}

function unknown(option: string, value: unknown, source: string, what: string, meant: string | undefined): Problem {
  return {
    option,
    value,
    source,
    sentence: `${what} is no option${meant === undefined ? '' : `; did you mean ${meant}?`}`,
  }
}

export const mask = (name: OptionName, value: unknown): unknown => (optionOf(name).secret ? '***' : value)
