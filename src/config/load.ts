// From all the places where an option can be set to one frozen Config in which each value has a source. Every source is read to
// the end, so that all that is wrong is told at once. Reads no file and no environment of its own: what there is, is handed in.

import type { Fault } from '../security/faults.ts'
import { check } from './check.ts'
import { type Cluster, clusterOf } from './cluster.ts'
import { groupIdOf } from './group.ts'
import { optionNames, optionOf, snakeOf } from './names.ts'
import { ofProducers } from './of-producers.ts'
import { AUTO, Expected } from './option.ts'
import type { ClassOptions, Config, OptionName, SecretFiles } from './options.ts'
import { eachOnce, type Preset, unprefixed } from './presets.ts'
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
  /** What modules set by being imported; the weakest. */
  readonly presets?: readonly Preset[]
  /** What the class was configured with. */
  readonly classOptions?: ClassOptions | Given
  /** What the class subscribes to, as far as it is options. */
  readonly subscriptions?: readonly Additional[]
  /** The class's name, for what is said about its options. */
  readonly consumer?: string
  /** The class is not known yet: what it may still put right is not held against anybody. */
  readonly classPending?: boolean
  /** Nor are the modules that it imports, one of which may say how to speak to the brokers. */
  readonly presetsPending?: boolean
  /** For a producer alone: what only consumers go by need not fit together. */
  readonly producing?: boolean
  readonly env?: Variables
  /** For variables that name a file with a secret. */
  readonly readFile?: ReadFile
  /** What is wrong with what connections are secured with, as far as it lies here; where it is left out nobody looks. */
  readonly faultsOf?: (cluster: Pick<Cluster, 'tls' | 'sasl'>) => readonly Fault[]
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

/** Throws ConfigError (CONFIG) with all that is wrong. Weakest first: defaults, presets, files, the class, variables, flags, the program. */
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
  if (values.get('saslMechanism') !== undefined && sources.get('securityProtocol') === 'default') {
    values.set('securityProtocol', values.get('saslOverSsl') ? 'sasl_ssl' : 'sasl_plaintext')
    sources.set('securityProtocol', 'because of sasl_mechanism')
  }
  const config = freeze({ ...Object.fromEntries(values), ...secretFilesIn(settings, sources) }) as Config
  const named = freeze(Object.fromEntries(sources)) as Record<OptionName, string>
  const isWrong = (name: OptionName): boolean => problems.some(({ option }) => option === snakeOf(name))
  const isPending = (name: OptionName): boolean =>
    (from.classPending === true && optionOf(name).perClass === true) ||
    (from.presetsPending === true && name === 'securityProtocol')
  const isForeign = (name: OptionName): boolean =>
    from.producing === true && !(ofProducers as readonly OptionName[]).includes(name)
  const isUnsettled = (name: OptionName): boolean =>
    isWrong(name) || isForeign(name) || (isPending(name) && named[name] === 'default')
  const { wrong, doubtful } = check(config, named, isUnsettled)
  if (problems.length + wrong.length > 0) throw new ConfigError([...problems, ...wrong])
  const faulty = from.faultsOf ? faultyPlaces(config, named, from.faultsOf) : []
  if (faulty.length > 0) throw new ConfigError(faulty)
  return { config, sources: named, warnings: [...raw.warnings, ...doubtful, ...warningsOf(from, config)] }
}

function* warningsOf(
  { env = {}, presets = [], consumer, subscriptions = [] }: Sources,
  config: Config,
): Generator<string> {
  const links = serviceLinksIn(env)
  if (links !== undefined) yield links
  if (consumer === undefined) return
  const named = { topics: subscriptions.map(({ topic }) => topic), groupId: groupIdOf(consumer, config) }
  for (const preset of eachOnce(presets)) yield* unprefixed(preset, named)
}

/** Of those that were read from a file and count. */
function secretFilesIn(settings: readonly Setting[], sources: ReadonlyMap<OptionName, string>) {
  const all = settings.filter(({ option, source, file }) => file !== undefined && sources.get(option) === source)
  const secretFiles = Object.fromEntries(all.map(({ option, file }) => [option, file])) as SecretFiles
  return all.length === 0 ? {} : { secretFiles }
}

/** Looked at last: what else is wrong may be why they are. */
function faultyPlaces(
  config: Config,
  sources: Loaded['sources'],
  faultsOf: NonNullable<Sources['faultsOf']>,
): Problem[] {
  return faultsOf(clusterOf(config)).map(({ option: name, why }) => {
    const option = snakeOf(name)
    const source = sources[name]
    const value = mask(name, config[name])
    return { option, value, source, sentence: `${option} (${String(value)}, ${source}) ${why}` }
  })
}

/** Weakest first. */
function gather({
  presets = [],
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
    ...eachOnce(presets).flatMap(({ problems, sections }) => [
      ...problems,
      ...sections.flatMap(one => [...fromSection(one)]),
    ]),
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
