// The options of a producer in any program: a racecar's that would be started in the same folder, or those of the worker in whose
// process it is, and over them what the program says.

import { readFileSync } from 'node:fs'
import { missingEnvironment, readConfigFiles } from '../config/config-files.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import type { Sections } from '../config/sections.ts'
import { evaluate } from '../loader/config-module.ts'
import { surroundings } from '../producer/surroundings.ts'
import { askAll } from '../setup/modules.ts'
import type { ProducerOptions } from './port.ts'

const readFile = (path: string): string => readFileSync(path, 'utf8')

/** Throws CONFIG with all that is wrong, or LOAD_FAILED. */
export async function configFor({ onError: _, ...given }: ProducerOptions): Promise<Config> {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { worker } = surroundings()
  if (worker) return { ...(await worker.config), ...checked(said) }
  const { cwd, env } = { cwd: process.cwd(), env: process.env }
  return loadConfig({ files: await filesIn(cwd, env), env, readFile, given: said, classPending: true }).config
}

/** This is the user's program: what their files in code do may happen here. */
async function filesIn(cwd: string, env: NodeJS.ProcessEnv): Promise<Sections> {
  const files = await readConfigFiles({ cwd, flags: {}, env })
  const asked = await askAll({
    cwd,
    files,
    evaluate: async (module, name) => withoutHooks(await evaluate(module, name)),
  })
  const missing = missingEnvironment(files.environment, [...files.sectioned, ...asked.sectioned])
  return {
    sections: [...files.sections, ...asked.sections],
    problems: [...files.problems, ...asked.problems, ...(missing ? [missing] : [])],
  }
}

function checked(said: Partial<Config>): Partial<Config> {
  const entries = Object.entries(loadConfig({ given: said }).config)
  return Object.fromEntries(entries.filter(([name]) => name in said))
}

const withoutHooks = ({ onError: _, ...values }: Readonly<Record<string, unknown>>) => values
