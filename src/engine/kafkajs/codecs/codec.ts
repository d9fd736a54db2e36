// What every codec is, and how much one may make of a batch. A batch is taken apart in one piece: what a few kilobytes could
// blow up to is refused before it has filled the memory.

export interface Codec {
  compress(data: Buffer): Buffer
  /** Throws where the data is not what the codec makes, and where it would become too large. */
  decompress(data: Buffer): Buffer
}

const MEGABYTE = 2 ** 20
/** What a batch may hold. Far beyond what producers make: 1 MB, before it is compressed, is the most by default. */
export const MOST_BYTES = 256 * MEGABYTE

/** Answers the bytes, or throws where they are too many. */
export function bounded(bytes: number): number {
  if (bytes <= MOST_BYTES) return bytes
  throw new RangeError(`it would become larger than ${MOST_BYTES / MEGABYTE} MB, which no batch may be`)
}
