// lz4 in its frame format.
// Layout: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

import { bounded, type Codec, MOST_BYTES } from './codec.ts'

/** What lz4 can make of a byte at most. */
const MOST_RATIO = 255
const FLAGS_AT = 4
const SIZES_AT = 5
const HAS_DICTIONARY = 0x01
const HAS_CONTENT_SIZE = 0x08
const HAS_BLOCK_CHECKSUMS = 0x10
/** Of a block that is longer compressed than as it is. */
const IS_PLAIN = 0x80000000
const LEAST_MATCH = 4

export async function loadLz4(): Promise<Codec> {
  const { compressFrameSync, decompressFrameSync } = await import('lz4-napi')
  return {
    compress: data => compressFrameSync(data),
    decompress(data) {
      const blocks = blocksOf(data)
      // The exact size takes a walk over all sequences, for which there is need only with a great many small blocks, or with bombs.
      if (sum(blocks, mostOf) > MOST_BYTES) bounded(sum(blocks, sizeOf))
      // The library's own memory is up to twice as large, and given back late.
      return Buffer.from(decompressFrameSync(data))
    },
  }
}

interface Block {
  readonly data: Buffer
  readonly isPlain: boolean
  /** What any of its frame holds. */
  readonly most: number
}

function blocksOf(frame: Buffer): Block[] {
  const flags = frame.readUInt8(FLAGS_AT)
  const most = 2 ** (8 + 2 * ((frame.readUInt8(SIZES_AT) >> 4) & 7))
  const between = flags & HAS_BLOCK_CHECKSUMS ? 4 : 0
  const blocks: Block[] = []
  let at = 7 + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0)
  for (let head = frame.readUInt32LE(at); head !== 0; head = frame.readUInt32LE(at)) {
    const isPlain = head >= IS_PLAIN
    const length = isPlain ? head - IS_PLAIN : head
    blocks.push({ data: frame.subarray(at + 4, at + 4 + length), isPlain, most })
    at += 4 + length + between
  }
  return blocks
}

const sum = (blocks: readonly Block[], sizeOf: (block: Block) => number): number =>
  blocks.reduce((total, block) => total + sizeOf(block), 0)

const mostOf = ({ data, isPlain, most }: Block): number =>
  isPlain ? data.length : Math.min(most, MOST_RATIO * data.length)

/** What its sequences, of literals and a match each, say that they make. */
function sizeOf({ data, isPlain }: Block): number {
  if (isPlain) return data.length
  let size = 0
  let at = 0
  const lengthOf = (nibble: number): number => {
    let length = nibble
    for (let more = nibble === 15; more; ) {
      const byte = data.readUInt8(at++)
      length += byte
      more = byte === 255
    }
    return length
  }
  while (at < data.length) {
    const token = data.readUInt8(at++)
    const literals = lengthOf(token >> 4)
    at += literals
    size += literals
    // The last one has no match.
    if (at >= data.length) break
    at += 2
    size += LEAST_MATCH + lengthOf(token & 15)
  }
  return size
}
