// From the name on the command line to the class. Imports the modules of a plan, which runs the user's code: so this happens in
// a worker, never in the primary. Where the modules lie and how they were made JavaScript is the loader's business.

import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RacecarError } from '../errors.ts'
import { nameFrom } from '../lib/name-from.ts'
import { nearest } from '../lib/nearest.ts'
import type { LoadPlan } from '../messages.ts'
import { type ConsumerClass, isConsumerClass, ownNameOf } from './consumer.ts'

/** A consumer class that a module holds. */
interface Seen {
  readonly cls: ConsumerClass
  /** What it is called: by export or by `static consumerName`. */
  readonly names: readonly string[]
  /** What a default export may be meant by as well, where nothing else is called so. */
  readonly hints: readonly string[]
  readonly file: string
}

export interface Found {
  readonly cls: ConsumerClass
  /** The name under which it was asked for. */
  readonly name: string
}

/** Throws CONSUMER_NOT_FOUND listing what was seen and where, and LOAD_FAILED when a module cannot be imported. */
export async function findConsumer(plan: LoadPlan): Promise<Found> {
  const name = plan.consumer
  const seen: Seen[] = []
  const impostors: string[] = []
  for (const file of plan.require) await load(file)
  let cls = lookUp(name, seen)
  for (const file of plan.candidates) {
    if (cls) break
    await load(file, name)
    cls = lookUp(name, seen)
  }
  if (cls) return { cls, name }
  throw new RacecarError('CONSUMER_NOT_FOUND', notFound(plan, seen, impostors))

  async function load(file: string, fileOf?: string): Promise<void> {
    const source = sourceOf(plan, file)
    const exported = exportsOf(await importModule(file, source))
    seen.push(...consumersIn(exported, source, fileOf))
    if (name in exported && !isConsumerClass(exported[name])) impostors.push(source)
  }
}

function lookUp(name: string, seen: readonly Seen[]): ConsumerClass | undefined {
  const found = seen.find(({ names }) => names.includes(name)) ?? seen.find(({ hints }) => hints.includes(name))
  return found?.cls
}

async function importModule(file: string, source: string): Promise<object> {
  try {
    return (await import(pathToFileURL(file).href)) as object
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new RacecarError('LOAD_FAILED', `${here(source)} could not be loaded: ${why}`, { cause })
  }
}

/** All exports by name; those of a CommonJS module that Node did not recognise by name are in its default export. */
function exportsOf(module: object): Record<string, unknown> {
  const { default: fallback } = module as { default?: unknown }
  const more = typeof fallback === 'object' && fallback !== null ? fallback : {}
  return Object.assign(Object.create(null), module, more)
}

function consumersIn(exported: Record<string, unknown>, file: string, fileOf: string | undefined): Seen[] {
  const classes = new Set(Object.values(exported).filter(isConsumerClass))
  return [...classes].map(cls => {
    const names = Object.keys(exported).filter(key => exported[key] === cls)
    const isDefault = names.some(isDefaultKey)
    const own = ownNameOf(cls)
    if (own !== undefined) names.unshift(own)
    return {
      cls,
      file,
      names: names.filter(key => !isDefaultKey(key)),
      hints: isDefault ? hintsOf(cls, file, fileOf) : [],
    }
  })
}

const isDefaultKey = (key: string): boolean => key === 'default' || key === 'module.exports'

/** A default export has no name of its own: it answers to its file's and, where nobody has changed it, to its class's. */
function hintsOf(cls: ConsumerClass, file: string, fileOf: string | undefined): string[] {
  const fromFile = basename(file)
    .replace(/\.[cm]?[jt]s$/, '')
    .replace(/(?:^|[-_.])([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return [cls.name, fromFile, fileOf ?? ''].filter(name => name !== '')
}

function notFound(plan: LoadPlan, seen: readonly Seen[], impostors: readonly string[]): string {
  const name = plan.consumer
  if (impostors.length > 0)
    return `${here(impostors[0]!)} exports ${name}, but it is no class that extends Consumer of racecar.`
  const looked = [...plan.require, ...plan.candidates].map(file => here(sourceOf(plan, file)))
  const where = looked.length > 0 ? ` in ${looked.join(', ')}` : ''
  const elsewhere = plan.lookedIn === undefined ? '' : ` ${plan.lookedIn}`
  if (seen.length === 0) return `There is no consumer ${name}${where}, nor any other.${elsewhere}`
  const known = seen.flatMap(({ names, hints }) => [...names, ...hints])
  const meant = nearest(name, known)
  const list = seen.map(({ names, hints, file }) => `${names[0] ?? hints[0]} (${here(file)})`)
  return `There is no consumer ${name}${where}. Seen: ${list.join(', ')}.${meant ? ` Did you mean ${meant}?` : elsewhere}`
}

const sourceOf = (plan: LoadPlan, file: string): string => plan.sources?.[file] ?? file

const here = (file: string): string => nameFrom(process.cwd(), file)
