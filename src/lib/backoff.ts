// How long to wait before trying again. Pure: the random number comes in, so that a test can pin it.

export interface BackoffOptions {
  /** Milliseconds before the second try. */
  readonly first: number
  /** Milliseconds that no wait exceeds. */
  readonly most: number
  /** Share of each wait that is random, 0 … 1, so that many clients do not knock in step. */
  readonly jitter?: number
}

/** Milliseconds to wait after the `failures`-th failure in a row (1, 2, …): first, 2·first, 4·first … up to `most`. */
export function backoff(failures: number, { first, most, jitter = 0 }: BackoffOptions, random = Math.random()): number {
  const full = Math.min(most, first * 2 ** Math.max(0, failures - 1))
  return full * (1 - jitter * random)
}
