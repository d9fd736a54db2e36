// The module that makes ready what consumers stand on (databases, tracing), as an application's own start does. Runs the user's
// code, so in a worker, and before all else of it.

import { RacecarError } from '../errors.ts'
import { inWords, madeBy } from './config-module.ts'
import type { LoadPlan } from './plan.ts'

/** Throws LOAD_FAILED. */
export async function boot({ module: { file, name }, env }: NonNullable<LoadPlan['boot']>): Promise<void> {
  try {
    await madeBy(file, env)
  } catch (cause) {
    throw new RacecarError('LOAD_FAILED', `boot failed: ${name}: ${inWords(cause)}`, { cause })
  }
}
