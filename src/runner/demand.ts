// How many bytes of a partition are to be fetched ahead. All partitions of a worker share a budget; one that nobody works on
// fills its share and then leaves the rest alone. Pure: knows neither queues nor fetches.

export interface Budget {
  /** Bytes that one partition may hold. */
  readonly share: number
  /** Bytes that the worker may still take in, over all partitions. */
  readonly room: number
  /** A partition with fewer messages may exceed its share while there is room. */
  readonly minMessages: number
}

export interface Stock {
  readonly bytes: number
  readonly count: number
  /** It had enough when it was last asked. */
  readonly isSated: boolean
}

/** A fetch for less is not worth its round trip. */
const LEAST = 65_536

export const shareOf = (prefetchMaxBytes: number, partitions: number): number =>
  Math.max(LEAST, prefetchMaxBytes / Math.max(1, partitions))

/** Who had enough wants more again only below this. */
export const hungerBelow = (share: number): number => share / 2

/** Bytes to ask for; 0: enough. */
export function demandOf({ bytes, count, isSated }: Stock, { share, room, minMessages }: Budget): number {
  const wanted = Math.max(LEAST, Math.floor(share - bytes))
  if (count === 0 || (count < minMessages && room > 0)) return wanted
  return bytes < (isSated ? hungerBelow(share) : share) ? wanted : 0
}
