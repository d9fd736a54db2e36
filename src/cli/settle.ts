// What holds before any class has been asked: the configuration files, and the options of all sources but the classes; with what
// the way of starting itself decides, which goes before everything.

import { type Loaded, loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import type { Section } from '../config/sources.ts'
import { RacecarError } from '../errors.ts'
import { type FoundConfig, findConfig, type Start, sourcesOf } from './config.ts'
import { daemonFiles } from './daemonize.ts'
import { type Inspect, inspectsWorkers, patience } from './inspect.ts'
import { needsWorkers } from './session.ts'

export interface Settled {
  readonly files: FoundConfig
  readonly forced: readonly Section[]
  readonly loaded: Loaded
}

export interface Settling extends Start {
  readonly consumers: readonly string[]
  readonly inspect?: Inspect | undefined
  /** What a program sets in code. */
  readonly given?: readonly Section[] | undefined
}

/** Throws CONFIG with all that is wrong. undefined: a stop came first. */
export async function settle(settling: Settling): Promise<Settled | undefined> {
  const { consumers, inspect, given = [] } = settling
  const files = await findConfig(settling)
  if (files === undefined) return undefined
  const from = sourcesOf(settling, files)
  const load = (forced: readonly Section[]) =>
    loadConfig({ ...from, forced, classPending: true, presetsPending: consumers.length > 0 })
  const decided: Section[] = inspect ? [...given, { source: 'flag --inspect', values: patience }] : [...given]
  const loaded = load(decided)
  const { config, sources } = loaded
  if (consumers.length > 1) checkSeveral(consumers, config, sources)
  if (inspect && config.workers === 0) throw inspectsWorkers()
  if (process.platform === 'win32' && config.workers > 0)
    throw new RacecarError('CONFIG', 'On Windows there are no worker processes: only --workers 0 works.')
  if (!config.daemonize || consumers.length === 0) return { files, forced: decided, loaded }
  const forced = [...decided, { source: sources.daemonize, values: daemonFiles(config, consumers) }]
  return { files, forced, loaded: load(forced) }
}

/** What would be the same for all of them, and must not be. */
function checkSeveral(consumers: readonly string[], { groupId, workers }: Config, sources: Loaded['sources']): void {
  const twice = consumers.find((name, index) => consumers.indexOf(name) !== index)
  if (twice !== undefined)
    throw new RacecarError('CONFIG', `${twice} is named twice; more workers of it are had by --workers.`)
  if (groupId !== undefined) {
    const sentence = `group_id is ${groupId} (${sources.groupId}), but ${consumers.join(' and ')} need a group each`
    throw new RacecarError(
      'CONFIG',
      `${sentence}: leave it out, or set it in the classes; group_id_prefix goes before all.`,
    )
  }
  if (workers === 0) throw needsWorkers(consumers[0]!, sources.workers)
}
