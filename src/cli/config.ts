// The configuration files of a start, all that they set and the functions that workers take from them. A stop that comes while a
// file in code is being asked ends that.

import { type ConfigFiles, readConfigFiles, readFile } from '../config/config-files.ts'
import { loadConfig } from '../config/load.ts'
import { optionOf } from '../config/names.ts'
import type { Config } from '../config/options.ts'
import type { Preset } from '../config/presets.ts'
import { ConfigError, type Problem } from '../config/problems.ts'
import type { Sections } from '../config/sections.ts'
import { isRacecarError } from '../errors.ts'
import { availableCores } from '../lib/cores.ts'
import type { Wanted } from '../loader/prepare.ts'
import type { Description, LoadPlan } from '../messages.ts'
import { faultsOf } from '../security/faults.ts'
import { type Asked, merged } from '../setup/modules.ts'
import { type Heard, requestFor } from '../supervisor/signals.ts'
import { askModules } from './config-module.ts'
import { isTerminalGone } from './gone.ts'

export interface FoundConfig {
  readonly sections: Sections
  /** What modules set that they import. */
  readonly presets: readonly Preset[]
  /** As people know them. */
  readonly names: readonly string[]
  readonly plan: Pick<LoadPlan, 'config'>
}

export interface Start {
  readonly cwd: string
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly heard: Heard
}

/** What the class and the consumer's module want, as sources of options beside the files. */
export const wantedBy = ({ options, consumer, presets = [], subscriptions }: Description, files: FoundConfig) => ({
  files: files.sections,
  presets: [...files.presets, ...presets],
  classOptions: options,
  consumer,
  subscriptions,
})

/** What every load of a start takes, once its files are found. */
export const sourcesOf = ({ env, flags }: Pick<Start, 'env' | 'flags'>, { sections, presets }: FoundConfig) => ({
  ...{ files: sections, presets, env, flags },
  ...{ readFile, faultsOf, cores },
})

/** Counted for each load: a quota may change, and the next start sees it. */
const cores = (): number => availableCores()

/** What a worker is to import beside its consumer. */
export const loading = ({ require, boot, withoutApp, env }: Config): Pick<Wanted, 'require' | 'boot'> => ({
  require,
  boot: boot === undefined || withoutApp ? undefined : { module: boot, env },
})

/** undefined: a stop came first. What is wrong with the files is told with all else. */
export async function findConfig(start: Start): Promise<FoundConfig | undefined> {
  const files = await readConfigFiles(start)
  const asked = files.modules.length === 0 ? nothing : await untilStop(start.heard, signal => ask(start, files, signal))
  if (asked === undefined) return undefined
  const plan = asked.modules.length === 0 ? {} : { config: { modules: asked.modules, env: files.environment.name } }
  const { problems = [] } = asked
  const sections = merged({ ...files, problems: [...files.problems, ...problems] }, asked)
  return { sections, presets: asked.presets, names: files.names, plan }
}

/** With what kept a file from being asked. */
type Answer = Asked & { readonly problems?: readonly Problem[] }

const nothing: Answer = { sections: [], modules: [], sectioned: [], presets: [] }

function ask({ cwd, flags, env }: Start, files: ConfigFiles, signal: AbortSignal): Promise<Answer> {
  const timeoutMs = bootTimeoutOf(files, { flags, env }) * 1000
  return askModules({ cwd, files, timeoutMs, signal }).catch(asProblem)
}

/** To be told with all else that is wrong. */
function asProblem(error: unknown): Answer {
  if (!isRacecarError(error)) throw error
  const sentence = error.message.replace(/\.$/, '')
  return { ...nothing, problems: [{ option: 'config', value: undefined, source: 'config', sentence }] }
}

/** undefined: a stop came first, and the task is not waited for any more. */
export async function untilStop<T>(heard: Heard, task: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const stop = new AbortController()
  const stopped = new Promise<undefined>(resolve => stop.signal.addEventListener('abort', () => resolve(undefined)))
  const keep = heard.tell
  const heed = (signal: string): void => {
    const { kind } = requestFor(signal)
    if (kind === 'stop' || kind === 'interrupt' || (kind === 'hang up' && isTerminalGone())) stop.abort()
  }
  heard.tell = signal => {
    keep(signal)
    heed(signal)
  }
  for (const signal of heard.signals) heed(signal)
  try {
    const done = await Promise.race([task(stop.signal), stopped])
    return stop.signal.aborted ? undefined : done
  } finally {
    heard.tell = keep
  }
}

/** As far as it is known without the file that is to be asked. */
function bootTimeoutOf(files: Sections, { flags, env }: Pick<Start, 'flags' | 'env'>): number {
  try {
    return loadConfig({ files, env, readFile, flags, classPending: true }).config.bootTimeout
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return optionOf('bootTimeout').default as number
  }
}
