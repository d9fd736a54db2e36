// gzip, by Node.

import { gunzipSync, gzipSync } from 'node:zlib'
import { type Codec, MOST_BYTES } from './codec.ts'

/** What deflate can make of a byte at most. */
const MOST_RATIO = 1032
const LEAST_CHUNK = 64

export const gzip: Codec = {
  compress: data => gzipSync(data),
  decompress: data => gunzipSync(data, { chunkSize: chunkSize(data), maxOutputLength: MOST_BYTES }),
}

/** Of which one holds all of it: it ends with its length. One byte more, or Node makes another chunk to see that nothing follows. */
function chunkSize(data: Buffer): number {
  const told = data.length < 4 ? 0 : data.readUInt32LE(data.length - 4) + 1
  return Math.max(LEAST_CHUNK, data.length, Math.min(told, MOST_RATIO * data.length, MOST_BYTES + 1))
}
