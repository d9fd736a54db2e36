// Where options are set: each source lists what it sets, by the table's names, and the names that the table does not know.
// What the values mean is not looked at here.

import { isAbsolute, resolve } from 'node:path'
import { nearest } from '../lib/nearest.ts'
import { reasonOf } from '../lib/reason.ts'
import { secretIn } from '../security/secret.ts'
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
import { untold } from './untold.ts'

export interface Setting {
  readonly option: OptionName
  readonly raw: unknown
  /** `flag --workers`, `env RACECAR_WORKERS`, `class WelcomeConsumer`. */
  readonly source: string
  /** Where a secret was read from, and is to be read again when it is wanted. */
  readonly file?: string
}

export type Given = Readonly<Record<string, unknown>>
export type Variables = Readonly<Record<string, string | undefined>>
/** What one section of one file sets. */
export interface Section {
  /** `config/racecar.yml, section production`. */
  readonly source: string
  readonly values: Given
}

/** Throws when it cannot be read. */
export type ReadFile = (path: string) => string

/** The weakest: it is a habit of Node, and not meant for us alone. */
export function* fromNodeEnv({ NODE_ENV: raw }: Variables): Generator<Setting> {
  if (raw) yield { option: 'env', raw, source: 'env NODE_ENV' }
}

export function* fromVariables(env: Variables, readFile: ReadFile): Generator<Setting | Problem> {
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
    } else {
      const secret = secretBehind(name, known)
      if (secret && env[variableOf(secret)]) continue
      if (secret) yield fromSecretFile(secret, { path: value, source, readFile })
      else if (!isServiceLink(name, value))
        yield unknown(name, source, source, nearestVariable(name, [...known.keys()]))
    }
  }
}

/** Variables that look like ours and were set by nobody: undefined where there are none, else one sentence about all. */
export function serviceLinksIn(env: Variables): string | undefined {
  const known = new Set([...optionBySpelling.keys()].map(variableOf))
  const links = Object.entries(env).filter(
    ([name, value]) => name.startsWith(PREFIX) && value && !known.has(name) && isServiceLink(name, value),
  )
  const [first] = links
  if (!first) return undefined
  const more = links.length === 1 ? '' : ` and ${links.length - 1} more`
  return `${first[0]}${more} are ignored: Kubernetes sets them for a Service of that name; enableServiceLinks: false in the pod's spec leaves them out`
}

const FILE = '_FILE'

/** RACECAR_SASL_PASSWORD_FILE names the file that holds the password, as container platforms mount it. */
function secretBehind(name: string, known: ReadonlyMap<string, OptionName>): OptionName | undefined {
  const option = name.endsWith(FILE) ? known.get(name.slice(0, -FILE.length)) : undefined
  return option && optionOf(option).secret ? option : undefined
}

interface SecretFile {
  readonly path: string
  readonly source: string
  readonly readFile: ReadFile
}

function fromSecretFile(option: OptionName, { path, source, readFile }: SecretFile): Setting | Problem {
  try {
    return { option, raw: secretIn(readFile(path)), source, file: resolve(path) }
  } catch (error) {
    const name = snakeOf(option)
    // What is no path may be the secret itself, put into the wrong variable.
    const [value, from, why] = isAbsolute(path)
      ? [path, path, reasonOf(error)]
      : ['***', 'the file that is named', 'it cannot be opened, and is not told because it is no absolute path']
    return { option: name, value, source, sentence: `${name} cannot be read from ${from} (${source}): ${why}` }
  }
}

/** What one section of a file sets; names in any spelling. */
export function* fromSection({ source, values }: Section): Generator<Setting | Problem> {
  for (const [key, raw] of Object.entries(values)) {
    const option = optionBySpelling.get(camelOf(key))
    if (option === undefined) {
      const meant = nearest(camelOf(key), optionBySpelling.keys())
      yield unknown(key, source, `${key} in ${source}`, meant && snakeOf(meant))
    } else if (optionOf(option).outside) {
      const sentence = `${snakeOf(option)} cannot be set in a file, but ${source} does; set it by ${waysTo(option)}`
      yield { option: snakeOf(option), value: mask(option, raw), source, sentence }
    } else if (typeof raw === 'number' && optionOf(option).placeholder === 'text') {
      // YAML has read 0123 as 123 and 1.10 as 1.1 already.
      const value = mask(option, raw)
      const sentence = `${snakeOf(option)} must be a text, but ${source} says ${value}, a number: put it in quotes`
      yield { option: snakeOf(option), value, source, sentence }
    } else if (camelOf(key) === option || !hasOwnName(option, values)) yield { option, raw, source }
  }
}

/** Its own name goes before an alias. */
const hasOwnName = (option: OptionName, values: Given): boolean =>
  Object.keys(values).some(key => camelOf(key) === option)

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
    if (option && holdsSecret(option, raw)) yield onCommandLine(option, source)
    else if (option) yield { option, raw, source }
    else {
      const meant = nearest(camelOf(name), optionBySpelling.keys())
      yield unknown(name, source, source, meant && `--${kebabOf(meant)}`)
    }
  }
}

function holdsSecret(option: OptionName, raw: unknown): boolean {
  const { secret, mask: masked } = optionOf(option)
  return secret === true || (masked !== undefined && JSON.stringify(masked(raw)) !== JSON.stringify(raw))
}

/** A list of processes shows it to everybody, and shells write it down. */
function onCommandLine(option: OptionName, source: string): Problem {
  const name = snakeOf(option)
  const what = optionOf(option).secret ? `${name} is secret` : `${name} holds a secret here`
  const ways = `${waysTo(option)}, or in config/racecar.yml`
  const sentence = `${what}, and a command line is shown to every user of the machine (${source}): set it by ${ways}`
  return { option: name, value: '***', source, sentence }
}

const waysTo = (option: OptionName): string => {
  const { secret, mask } = optionOf(option)
  const variable = variableOf(option)
  if (secret) return `${variable}, by a file that ${variable}${FILE} names`
  return mask ? variable : `--${kebabOf(option)} or ${variable}`
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
      yield unknown(name, source, `${name} in ${source}`, meant && optionBySpelling.get(meant))
    } else if (may(name)) yield { option: name, raw, source }
    else {
      const sentence = `${snakeOf(name)} cannot be set by a class, but ${source} does; set it by ${waysTo(name)}`
      yield { option: snakeOf(name), value: mask(name, raw), source, sentence }
    }
  }
}

/** What was given is not told: it may be a secret, under a name that was meant otherwise. */
function unknown(option: string, source: string, what: string, meant: string | undefined): Problem {
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`
  return { option, value: undefined, source, sentence: `${what} is no option${guess}` }
}

export function mask(name: OptionName, value: unknown): unknown {
  const { secret, mask } = optionOf(name)
  return secret ? '***' : untold(mask ? mask(value) : value)
}
