// lz4 in its frame format.
// Layout: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

import { bounded, type Codec } from './codec.ts'

/** What lz4 can make of a byte at most. */
const MOST_RATIO = 255
const FLAGS_AT = 4
const SIZES_AT = 5
const HAS_DICTIONARY = 0x01
const HAS_CONTENT_SIZE = 0x08
const HAS_BLOCK_CHECKSUMS = 0x10
const LENGTH = 0x7fffffff

export async function loadLz4(): Promise<Codec> {
  const { compressFrameSync, decompressFrameSync } = await import('lz4-napi')
  return {
    compress: data => compressFrameSync(data),
    decompress(data) {
      bounded(mostOf(data))
      // The library's own memory is up to twice as large, and given back late.
      return Buffer.from(decompressFrameSync(data))
    },
  }
}

/** What the blocks can hold at most. */
function mostOf(frame: Buffer): number {
  const flags = frame.readUInt8(FLAGS_AT)
  const mostOfBlock = 2 ** (8 + 2 * ((frame.readUInt8(SIZES_AT) >> 4) & 7))
  const between = flags & HAS_BLOCK_CHECKSUMS ? 4 : 0
  let at = 7 + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0)
  let most = 0
  for (let length = frame.readInt32LE(at); length !== 0; length = frame.readInt32LE(at)) {
    const bytes = length & LENGTH
    most += Math.min(mostOfBlock, MOST_RATIO * bytes)
    at += 4 + bytes + between
  }
  return most
}
