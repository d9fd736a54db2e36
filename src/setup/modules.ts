// What configuration files in code set, one after another: compiled where they have to be, evaluated by whoever is asked to, since
// not every process may run the user's code; and their sections for environments.

import { type ConfigFiles, missingEnvironment, type Sectioned } from '../config/config-files.ts'
import type { Preset } from '../config/presets.ts'
import type { Sections } from '../config/sections.ts'
import type { Section } from '../config/sources.ts'
import { isRacecarError, RacecarError } from '../errors.ts'
import { nameFrom } from '../lib/name-from.ts'
import { isRecord } from '../lib/record.ts'
import { compile } from '../loader/compile.ts'
import type { ConfigModule } from '../loader/config-module.ts'
import { isTypeScript } from '../loader/files.ts'

export interface Evaluated {
  /** What the default export is, or gives. */
  readonly values: Readonly<Record<string, unknown>>
  /** What modules set that it imports. */
  readonly presets: readonly Preset[]
}

export interface Asking {
  readonly cwd: string
  readonly files: ConfigFiles
  readonly evaluate: (module: ConfigModule, env: string) => Promise<Evaluated>
  /** Whether it has come to be of no use. */
  readonly isOver?: () => boolean
}

export interface Asked {
  /** Weakest first. */
  readonly sections: readonly Section[]
  /** What workers import. */
  readonly modules: readonly ConfigModule[]
  readonly sectioned: readonly Sectioned[]
  /** What modules set that the files import. */
  readonly presets: readonly Preset[]
}

/** Throws CONFIG, or what `evaluate` throws. */
export async function askAll({ cwd, files, evaluate, isOver = () => false }: Asking): Promise<Asked> {
  const scripts = files.modules.filter(isTypeScript)
  const compiled = scripts.length === 0 ? new Map<string, string>() : await compile(cwd, scripts).catch(asConfig)
  const modules = files.modules.map(file => ({ file: compiled.get(file) ?? file, name: nameFrom(cwd, file) }))
  const sections: Section[] = []
  const sectioned: Sectioned[] = []
  const presets: Preset[] = []
  for (const module of modules) {
    if (isOver()) break
    const env = files.environment.name
    const answer = await evaluate(module, env)
    const { environments, ...values } = answer.values
    presets.push(...answer.presets)
    sections.push({ source: module.name, values })
    if (!isRecord(environments)) continue
    sectioned.push({ name: module.name, environments: Object.keys(environments) })
    const own = Object.hasOwn(environments, env) ? environments[env] : undefined
    if (isRecord(own)) sections.push({ source: `${module.name}, environment ${env}`, values: own })
  }
  return { sections, modules, sectioned, presets }
}

/** What all files set: those in YAML, then those in code. */
export function merged(files: ConfigFiles, asked: Asked): Sections {
  const missing = missingEnvironment(files.environment, [...files.sectioned, ...asked.sectioned])
  return {
    sections: [...files.sections, ...asked.sections],
    problems: missing ? [...files.problems, missing] : files.problems,
  }
}

/** A file that cannot be read as it stands will not be by another try. */
function asConfig(cause: unknown): never {
  throw isRacecarError(cause) ? new RacecarError('CONFIG', cause.message, { cause }) : cause
}
