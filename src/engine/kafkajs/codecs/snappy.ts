// snappy, bare as librdkafka and Go's clients write it, or in the frame of xerial's library for Java, which Java's clients write and
// everybody reads: a head of 16 bytes, then pieces with their lengths, each compressed by itself.

import { Reader } from '../bytes.ts'
import { bounded, type Codec } from './codec.ts'

const MAGIC = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0])
/** The magic, the version, and the oldest version that can read it. */
const HEAD = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
/** As Java cuts its pieces. */
const PIECE_BYTES = 32 * 1024

export async function loadSnappy(): Promise<Codec> {
  const { compressSync, uncompressSync } = await import('snappy')
  // Memory of the library's own is given back late, and page by page: a copy is faster.
  const options = { copyOutputData: true }
  return {
    compress: data => framed(data, piece => compressSync(piece, options)),
    decompress(data) {
      const bare = data.subarray(0, MAGIC.length).equals(MAGIC) ? joined(data) : data
      bounded(new Reader(bare).uvarint())
      return uncompressSync(bare, options) as Buffer
    },
  }
}

function framed(data: Buffer, compress: (piece: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = [HEAD]
  for (let at = 0; at < data.length; at += PIECE_BYTES) {
    const piece = compress(data.subarray(at, at + PIECE_BYTES))
    const length = Buffer.alloc(4)
    length.writeInt32BE(piece.length)
    parts.push(length, piece)
  }
  return Buffer.concat(parts)
}

/** The pieces as a single one. They only look back, each within itself, so what makes them many is their lengths alone. */
function joined(data: Buffer): Buffer {
  const bodies: Buffer[] = []
  let total = 0
  for (let at = HEAD.length; at < data.length; ) {
    const reader = new Reader(data, at)
    const end = at + 4 + reader.int32()
    total += reader.uvarint()
    if (reader.at > end || end > data.length) throw new RangeError('a piece is cut off')
    bodies.push(data.subarray(reader.at, end))
    at = end
  }
  return Buffer.concat([uvarint(bounded(total)), ...bodies])
}

function uvarint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
