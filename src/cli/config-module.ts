// Asks a process of its own what a configuration file in code sets: the user's code may throw, hang or end its process, and the
// primary must not.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ConfigFiles, Sectioned } from '../config/config-files.ts'
import type { Preset } from '../config/presets.ts'
import type { Problem } from '../config/problems.ts'
import type { Section } from '../config/sources.ts'
import { isRacecarError, RacecarError } from '../errors.ts'
import { nameFrom } from '../lib/name-from.ts'
import { isRecord } from '../lib/record.ts'
import { compile } from '../loader/compile.ts'
import type { ConfigModule } from '../loader/config-module.ts'
import { isTypeScript } from '../loader/files.ts'
import type { FromConfig } from '../messages.ts'

export interface Asking {
  readonly cwd: string
  readonly files: ConfigFiles
  readonly timeoutMs: number
  /** Ends it before its time: there is to be a stop. */
  readonly signal: AbortSignal
}

export interface Asked {
  /** Weakest first. */
  readonly sections: readonly Section[]
  /** What workers import. */
  readonly modules: readonly ConfigModule[]
  readonly sectioned: readonly Sectioned[]
  readonly problems: readonly Problem[]
  /** What modules set that the files import. */
  readonly presets: readonly Preset[]
}

/** Throws CONFIG. When it was aborted there is nothing. */
export async function askModules({ cwd, files, timeoutMs, signal }: Asking): Promise<Asked> {
  const scripts = files.modules.filter(isTypeScript)
  const compiled = scripts.length === 0 ? new Map<string, string>() : await compile(cwd, scripts).catch(asConfig)
  const modules = files.modules.map(file => ({ file: compiled.get(file) ?? file, name: nameFrom(cwd, file) }))
  const sections: Section[] = []
  const sectioned: Sectioned[] = []
  const presets: Preset[] = []
  for (const module of modules) {
    if (signal.aborted) break
    const env = files.environment.name
    const answer = await ask(module, { env, timeoutMs, signal })
    const { environments, ...values } = answer.values
    presets.push(...answer.presets)
    sections.push({ source: module.name, values })
    if (!isRecord(environments)) continue
    sectioned.push({ name: module.name, environments: Object.keys(environments) })
    const own = Object.hasOwn(environments, env) ? environments[env] : undefined
    if (isRecord(own)) sections.push({ source: `${module.name}, environment ${env}`, values: own })
  }
  return { sections, modules, sectioned, problems: [], presets }
}

/** A file that cannot be read as it stands will not be by another try. */
function asConfig(cause: unknown): never {
  throw isRacecarError(cause) ? new RacecarError('CONFIG', cause.message, { cause }) : cause
}

async function ask(
  module: ConfigModule,
  { env, timeoutMs, signal }: { env: string } & Pick<Asking, 'timeoutMs' | 'signal'>,
) {
  const child = fork(fileURLToPath(new URL('../entry/config.js', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [...process.execArgv, '--enable-source-maps'],
    // What it prints is no log; standard output may be read by a program.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  let answer: FromConfig | undefined
  let isLate = false
  const end = () => child.kill('SIGKILL')
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, timeoutMs)
  signal.addEventListener('abort', end, { once: true })
  child.on('message', message => {
    answer = message as FromConfig
  })
  child.send({ module, env })
  const how = await new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, by) =>
      resolve(by === null ? `it ended its process with ${code}` : `it was ended by ${by}`),
    )
  })
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
  if (answer?.values) return answer
  if (signal.aborted) return { values: {}, presets: [] }
  throw refusal(module, answer, isLate ? `it was not done within boot_timeout (${timeoutMs / 1000} s)` : how)
}

function refusal({ name }: ConfigModule, answer: FromConfig | undefined, how: string): RacecarError {
  return new RacecarError('CONFIG', answer?.error?.message ?? `${name} could not be loaded: ${how}.`)
}
