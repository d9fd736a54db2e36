// A configuration file in TypeScript or JavaScript: imports it and takes its default export, an object or a function that makes
// one. It runs the user's code, so never in a primary: a process of its own asks for the values, each worker for the functions.

import { pathToFileURL } from 'node:url'
import { RacecarError } from '../errors.ts'
import { isRecord } from '../lib/record.ts'

/** Where it is, and what people know it by. */
export interface ConfigModule {
  readonly file: string
  readonly name: string
}

export interface ConfigHooks {
  readonly onError?: (error: unknown, info: object) => unknown
}

/** Whether a file needs to export nothing, because of what it has imported. */
type IsEnough = () => boolean

/** The functions of all of them; of those with the same name the last one's. */
export async function hooksOf(modules: readonly ConfigModule[], env: string, isEnough: IsEnough): Promise<ConfigHooks> {
  const all: ConfigHooks[] = []
  for (const module of modules) all.push((await evaluate(module, env, isEnough)) as ConfigHooks)
  const onError = all.findLast(hooks => hooks.onError !== undefined)?.onError
  return onError === undefined ? {} : { onError }
}

/** Throws LOAD_FAILED, or CONFIG when what it exports is no configuration. */
export async function evaluate(
  { file, name }: ConfigModule,
  env: string,
  isEnough: IsEnough,
): Promise<Readonly<Record<string, unknown>>> {
  const made = (await run({ file, name }, env)) ?? (isEnough() ? {} : undefined)
  if (isRecord(made)) return checked(made, name)
  const what = made === undefined ? 'nothing' : `a ${typeof made}`
  throw new RacecarError(
    'CONFIG',
    `${name} must have a default export, an object or a function that returns one, as defineConfig makes it; it gives ${what}.`,
  )
}

function checked(made: Readonly<Record<string, unknown>>, name: string) {
  const { onError, environments } = made
  if (onError !== undefined && typeof onError !== 'function')
    throw new RacecarError('CONFIG', `onError in ${name} must be a function, but is a ${typeof onError}.`)
  if (environments !== undefined && !(isRecord(environments) && Object.values(environments).every(isRecord)))
    throw new RacecarError('CONFIG', `environments in ${name} must be an object with an object for each environment.`)
  return made
}

async function run({ file, name }: ConfigModule, env: string): Promise<unknown> {
  try {
    return await madeBy(file, env)
  } catch (cause) {
    throw failed({ file, name }, cause)
  }
}

export const failed = ({ name }: ConfigModule, cause: unknown): RacecarError =>
  new RacecarError('LOAD_FAILED', `${name} could not be loaded: ${inWords(cause)}`, { cause })

/** The default export of a module; where that is a function, what it makes. */
export async function madeBy(file: string, env: string): Promise<unknown> {
  const exported = await exportedBy(file)
  return typeof exported === 'function' ? (exported as (context: { env: string }) => unknown)({ env }) : exported
}

export const inWords = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)

/** The default export of a module, as it is. */
export async function exportedBy(file: string): Promise<unknown> {
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown }
  return unwrapped(module.default)
}

/** A module that was compiled to CommonJS carries its default export inside of Node's. */
function unwrapped(exported: unknown): unknown {
  const isWrapped =
    typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported
  return isWrapped ? exported.default : exported
}
