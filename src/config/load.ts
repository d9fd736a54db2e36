// From all the places where an option can be set to one frozen Config in which each value has a source. Every source is read to
// the end, so that all that is wrong is told at once. Reads no file and no environment of its own: what there is, is handed in.

import { check } from './check.ts'
import { optionNames, optionOf, snakeOf } from './names.ts'
import { AUTO, Expected } from './option.ts'
import type { ClassOptions, Config, OptionName } from './options.ts'
import { ConfigError, type Problem, shown } from './problems.ts'
import { type Additional, applyRaw, checkAdditional } from './raw/apply.ts'
import type { Sections } from './sections.ts'
import {
  fromCode,
  fromFlags,
  fromNodeEnv,
  fromSection,
  fromVariables,
  type Given,
  mask,
  type ReadFile,
  type Section,
  type Setting,
  serviceLinksIn,
  type Variables,
} from './sources.ts'

export interface Sources {
  /** What configuration files set, weakest first. */
  readonly files?: Sections
  /** What the class was configured with. */
  readonly classOptions?: ClassOptions | Given
  /** What the class subscribes to, as far as it is options. */
  readonly subscriptions?: readonly Additional[]
  /** The class's name, for what is said about its options. */
  readonly consumer?: string
  /** The class is not known yet: what it may still put right is not held against anybody. */
  readonly classPending?: boolean
  readonly env?: Variables
  /** For variables that name a file with a secret. */
  readonly readFile?: ReadFile
  /** How many there are, for `auto`; one where nobody says. */
  readonly cores?: () => number
  /** By name of the flag, in camelCase or kebab-case; undefined where it was not given. */
  readonly flags?: Given
  /** What a program passes in code; the strongest. */
  readonly given?: Partial<Config> | Given
  /** What the way of starting decides, before everything. */
  readonly forced?: readonly Section[]
}

export interface Loaded {
  readonly config: Config
  /**
   * `flag --workers`, `env RACECAR_WORKERS`, `class WelcomeConsumer`, `config/racecar.yml, section common`, `default`; with `: auto`
   * where the number was not set itself.
   */
  readonly sources: Readonly<Record<OptionName, string>>
  /** What works but is hardly meant. */
  readonly warnings: readonly string[]
}

/** Throws ConfigError (CONFIG) with all that is wrong. Weakest first: defaults, files, the class, variables, flags, the program. */
export function loadConfig(from: Sources = {}): Loaded {
  const { settings, problems } = gather(from)
  const values = new Map<OptionName, unknown>(optionNames.map(name => [name, optionOf(name).default]))
  const sources = new Map<OptionName, string>(optionNames.map(name => [name, 'default']))
  for (const setting of settings) {
    const read = readSetting(setting)
    if ('problem' in read) problems.push(read.problem)
    else {
      values.set(read.option, read.value)
      sources.set(read.option, read.source)
    }
  }
  const forced = new Set((from.forced ?? []).flatMap(section => Object.keys(section.values)))
  const raw = applyRaw({ values, sources, forced })
  problems.push(...raw.problems, ...checkAdditional(from.subscriptions ?? [], sourceOfClass(from)))
  if (values.get('workers') === AUTO) {
    values.set('workers', from.cores?.() ?? 1)
    sources.set('workers', `${sources.get('workers')}: ${AUTO}`)
  }
  const config = freeze(Object.fromEntries(values)) as Config
  const named = freeze(Object.fromEntries(sources)) as Record<OptionName, string>
  const isWrong = (name: OptionName): boolean => problems.some(({ option }) => option === snakeOf(name))
  const isOpen = (name: OptionName): boolean => optionOf(name).perClass === true && named[name] === 'default'
  const isUnsettled = (name: OptionName): boolean => isWrong(name) || (from.classPending === true && isOpen(name))
  const { wrong, doubtful } = check(config, named, isUnsettled)
  if (problems.length + wrong.length > 0) throw new ConfigError([...problems, ...wrong])
  const links = serviceLinksIn(from.env ?? {})
  const warnings = [...raw.warnings, ...doubtful, ...(links === undefined ? [] : [links])]
  return { config, sources: named, warnings }
}

/** Weakest first. */
function gather({
  files = noFiles,
  classOptions = {},
  consumer,
  env = {},
  readFile = refuse,
  flags = {},
  given = {},
  forced = [],
}: Sources) {
  const all = [
    ...files.problems,
    ...fromNodeEnv(env),
    ...files.sections.flatMap(section => [...fromSection(section)]),
    ...fromCode(classOptions, sourceOfClass({ consumer }), name => optionOf(name).perClass === true),
    ...fromVariables(env, readFile),
    ...fromFlags(flags),
    ...fromCode(given, 'the program', () => true),
    ...forced.flatMap(({ source, values }) => [...fromCode(values, source, () => true)]),
  ]
  const isProblem = (one: Setting | Problem): one is Problem => 'sentence' in one
  const isSetting = (one: Setting | Problem): one is Setting => !isProblem(one)
  return { settings: all.filter(isSetting), problems: all.filter(isProblem) }
}

const sourceOfClass = ({ consumer }: { readonly consumer?: string | undefined }): string =>
  consumer === undefined ? 'the class' : `class ${consumer}`

const noFiles: Sections = { sections: [], problems: [] }

function refuse(): never {
  throw new Error('files cannot be read here')
}

type Read =
  | { readonly option: OptionName; readonly value: unknown; readonly source: string }
  | { readonly problem: Problem }

function readSetting({ option, raw, source }: Setting): Read {
  try {
    return { option, source, value: optionOf(option).parse(raw) }
  } catch (error) {
    if (!(error instanceof Expected)) throw error
    const name = snakeOf(option)
    const value = mask(option, raw)
    const sentence = `${name} must be ${error.message}, but ${source} says ${shown(value)}`
    return { problem: { option: name, value, source, sentence } }
  }
}

function freeze<T extends Record<string, unknown>>(record: T): Readonly<T> {
  for (const value of Object.values(record)) Object.freeze(value)
  return Object.freeze(record)
}
