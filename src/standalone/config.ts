// The options of a producer in any program: a racecar's that would be started in the same folder, or those of the worker in whose
// process it is, and over them what the program says.

import { readFileSync } from 'node:fs'
import { missingEnvironment, readConfigFiles } from '../config/config-files.ts'
import { loadConfig } from '../config/load.ts'
import type { Config, OptionName } from '../config/options.ts'
import { hasPresets, notedPresets, type Preset } from '../config/presets.ts'
import type { Sections } from '../config/sections.ts'
import { evaluate } from '../loader/config-module.ts'
import { surroundings } from '../producer/surroundings.ts'
import { faultsOf } from '../security/credentials.ts'
import { askAll } from '../setup/modules.ts'
import type { ProducerOptions } from './port.ts'

const readFile = (path: string): string => readFileSync(path, 'utf8')

/** Throws CONFIG with all that is wrong, or LOAD_FAILED. */
export async function configFor({ onError: _, ...given }: ProducerOptions): Promise<Config> {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { worker } = surroundings()
  if (worker) return { ...(await worker.config), ...checked(said) }
  const { cwd, env } = { cwd: process.cwd(), env: process.env }
  const { files, presets } = await filesIn(cwd, env)
  return loadConfig({ files, presets, env, readFile, faultsOf, given: said, classPending: true }).config
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
  const missing = missingEnvironment(files.environment, [...files.sectioned, ...asked.sectioned])
  const sections = [...files.sections, ...asked.sections]
  const problems = [...files.problems, ...asked.problems, ...(missing ? [missing] : [])]
  return { files: { sections, problems }, presets: asked.presets }
}

function checked(said: Partial<Config>): Partial<Config> {
  const { config, sources } = loadConfig({ given: said })
  const entries = Object.entries(config)
  // Also what follows from what was said.
  return Object.fromEntries(entries.filter(([name]) => sources[name as OptionName] !== 'default'))
}

const withoutHooks = ({ onError: _, ...values }: Readonly<Record<string, unknown>>) => values
