// How long a partition rests after a failure. Pure: knows neither the partition nor what failed.

import type { Config } from '../config/options.ts'
import { backoff } from '../lib/backoff.ts'

export type PauseOptions = Pick<Config, 'pauseTimeout' | 'pauseWithExponentialBackoff' | 'maxPauseTimeout'>

/** `fail`: no pause, the worker ends. */
export type Pause =
  | { readonly kind: 'rest'; readonly ms: number }
  | { readonly kind: 'for good' }
  | { readonly kind: 'fail' }

/** After the `failures`-th failure in a row (1, 2, …) of the same message. */
export function pauseAfter(failures: number, options: PauseOptions): Pause {
  const first = options.pauseTimeout * 1000
  if (first < 0) return { kind: 'for good' }
  if (first === 0) return { kind: 'fail' }
  if (!options.pauseWithExponentialBackoff) return { kind: 'rest', ms: first }
  const most = options.maxPauseTimeout === undefined ? Number.POSITIVE_INFINITY : options.maxPauseTimeout * 1000
  return { kind: 'rest', ms: backoff(failures, { first, most }) }
}
