// Whether something that holds for a time does so by this machine's clock. Others judge by theirs.

import { Unusable } from './pem.ts'

interface Times {
  /** Milliseconds since the epoch. */
  readonly from?: number
  readonly until: number
}

/** `what`, which may be empty, and `cure` stand around what is said. Throws Unusable. */
export function mustHold({ from = 0, until }: Times, what: string, cure: string): void {
  const now = Date.now()
  const day = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z')
  if (until < now) throw new Unusable(`${what}has expired (${day(until)}): ${cure}`)
  if (from > now) throw new Unusable(`${what}is not valid yet (before ${day(from)}): look at this machine's clock`)
}
