// From a consumer's name, --require and --boot to the files that a worker imports. Runs in the primary and imports nothing of the user's:
// a module that throws or hangs while it loads is to hit a worker.

import { RacecarError } from '../errors.ts'
import { nameFrom } from '../lib/name-from.ts'
import { compile } from './compile.ts'
import { isInstalled, isTypeScript } from './files.ts'
import { locate } from './locate.ts'
import type { LoadPlan } from './plan.ts'
import { findBoot, findRequired } from './required.ts'

export type { LoadPlan } from './plan.ts'

export interface Wanted {
  /** Absolute; what all paths are relative to. */
  readonly cwd: string
  /** Files, globs or installed packages, to be loaded first and in this order. */
  readonly require: readonly string[]
  /** A file or an installed package, to be loaded before these; and the environment, for a function that it exports. */
  readonly boot?: { readonly module: string; readonly env: string } | undefined
  /** The name on the command line. */
  readonly consumer: string
}

/**
 * Throws CONSUMER_NOT_FOUND saying where it looked and what was there, CONFIG for a `require` or `boot` that leads nowhere, LOAD_FAILED for
 * TypeScript that cannot be compiled. Plain JavaScript is left as it is, unless TypeScript is loaded beside it: then both are
 * bundled together, so that what they share exists once.
 */
export async function prepare({ cwd, require, consumer, boot }: Wanted): Promise<LoadPlan> {
  const first = boot && (await findBoot(cwd, boot.module))
  const required = await findRequired(cwd, require)
  const { candidates, lookedIn } = await locate(cwd, consumer)
  if (required.length + candidates.length === 0)
    throw new RacecarError('CONSUMER_NOT_FOUND', `There is no consumer ${consumer}. ${lookedIn}`)
  const all = [...new Set([...(first === undefined ? [] : [first]), ...required, ...candidates])]
  const plan = { consumer, require: required, candidates, ...(candidates.length === 0 ? { lookedIn } : {}) }
  const booted = (made: (file: string) => string) =>
    first === undefined ? {} : { boot: { module: { file: made(first), name: nameFrom(cwd, first) }, env: boot!.env } }
  if (!all.some(isTypeScript)) return { ...plan, ...booted(file => file) }
  const compiled = await compile(
    cwd,
    all.filter(file => isTypeScript(file) || !isInstalled(file)),
  )
  const made = (file: string): string => compiled.get(file) ?? file
  const sources = Object.fromEntries([...compiled].map(([source, output]) => [output, source]))
  return { ...plan, ...booted(made), require: required.map(made), candidates: candidates.map(made), sources }
}
