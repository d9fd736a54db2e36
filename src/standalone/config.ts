// The options of a producer in any program: a racecar's that would be started in the same folder, or those of the worker in whose
// process it is, and over them what the program says.

import { isBare } from '../config/check.ts'
import { readConfigFiles, readFile } from '../config/config-files.ts'
import { loadConfig } from '../config/load.ts'
import { ofProducers } from '../config/of-producers.ts'
import type { Config, OptionName } from '../config/options.ts'
import { hasPresets, notedPresets, type Preset } from '../config/presets.ts'
import type { Sections } from '../config/sections.ts'
import type { Section } from '../config/sources.ts'
import { evaluate } from '../loader/config-module.ts'
import { surroundings } from '../producer/surroundings.ts'
import { faultsOf } from '../security/faults.ts'
import { askAll, merged } from '../setup/modules.ts'
import type { ProducerOptions } from './port.ts'

/** Throws CONFIG with all that is wrong, or LOAD_FAILED. */
export async function configFor({ onError: _, ...given }: ProducerOptions): Promise<Config> {
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  // Before raw settings, too.
  const forced = [{ source: 'the program', values }]
  const ofWorker = await surroundings().worker?.config
  if (ofWorker) return laidOver(ofWorker, forced)
  const { cwd, env } = { cwd: process.cwd(), env: process.env }
  const { files, presets } = await filesIn(cwd, env)
  return loadConfig({ files, presets, env, readFile, faultsOf, forced, producing: true }).config
}

interface Found {
  readonly files: Sections
  readonly presets: readonly Preset[]
}

/** This is the user's program: what their files in code do may happen here. */
async function filesIn(cwd: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const files = await readConfigFiles({ cwd, flags: {}, env })
  const asked = await askAll({
    cwd,
    files,
    evaluate: async (module, name) => {
      const values = withoutHooks(await evaluate(module, name, hasPresets))
      return { values, presets: notedPresets() }
    },
  })
  // The program may have imported some itself.
  return { files: merged(files, asked), presets: [...asked.presets, ...notedPresets()] }
}

/** What the program says is looked at together with what the worker has. */
function laidOver(config: Config, program: readonly Section[]): Config {
  // One that runs in the clear was told to, or nobody has said how it is to speak.
  const isSaid = config.securityProtocol !== 'plaintext' || isBare(config)
  const { securityProtocol, ...values } = pick(config, ofProducers)
  const worker = { source: 'the worker', values: isSaid ? { securityProtocol, ...values } : values }
  const forced = [worker, ...program]
  const { config: together, sources } = loadConfig({ forced, faultsOf, producing: true })
  // What the program says itself is in no file.
  const isOfWorker = ([name]: [string, string]): boolean => sources[name as OptionName] === worker.source
  const files = Object.entries(config.secretFiles ?? {}).filter(isOfWorker)
  const kept = files.length === 0 ? undefined : Object.fromEntries(files)
  const { secretFiles: _, ...others } = config
  return { ...others, ...pick(together, ofProducers), ...(kept && { secretFiles: kept }) }
}

const pick = <K extends keyof Config>(config: Config, names: readonly K[]) =>
  Object.fromEntries(names.map(name => [name, config[name]])) as Pick<Config, K>

const withoutHooks = ({ onError: _, ...values }: Readonly<Record<string, unknown>>) => values
