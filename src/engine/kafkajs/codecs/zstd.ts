// zstd, by Node where it has it (22.15 and later), else by a library in WebAssembly. That one has to be told beforehand how large a
// frame becomes, which those of Java's clients do not say.
// Layout: https://www.rfc-editor.org/rfc/rfc8878

import * as zlib from 'node:zlib'
import { bounded, type Codec, MOST_BYTES } from './codec.ts'

const LEVEL = 3
const MAGIC = 0xfd2fb528
const DESCRIPTOR_AT = 4
const IS_SINGLE_SEGMENT = 0x20
const DICTIONARY_BYTES = [0, 1, 2, 4]
const CONTENT_SIZE_BYTES = [0, 2, 4, 8]
const MOST_OF_BLOCK = 128 * 1024
const BLOCK = { repeated: 1, compressed: 2 }

/** What Node's types do not know yet. */
interface NodeZstd {
  zstdCompressSync(data: Buffer): Buffer
  zstdDecompressSync(data: Buffer, options: { chunkSize: number; maxOutputLength: number }): Buffer
}

export async function loadZstd(): Promise<Codec> {
  return 'zstdDecompressSync' in zlib ? ofNode(zlib as unknown as NodeZstd) : ofLibrary()
}

const ofNode = ({ zstdCompressSync, zstdDecompressSync }: NodeZstd): Codec => ({
  compress: data => zstdCompressSync(data),
  decompress(data) {
    const most = mostOf(data)
    const plain = zstdDecompressSync(data, { chunkSize: Math.max(64, most + 1), maxOutputLength: Math.max(1, most) })
    // What is held is the whole chunk.
    return plain.length * 2 < most ? Buffer.from(plain) : plain
  },
})

async function ofLibrary(): Promise<Codec> {
  const { compress, decompress, init } = await import('@bokuweb/zstd-wasm')
  await init()
  const bufferOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length)
  return {
    compress: data => bufferOf(compress(data, LEVEL)),
    decompress(data) {
      const most = mostOf(data)
      try {
        return bufferOf(decompress(data, { defaultHeapSize: most }))
      } catch (cause) {
        // Of which it knows only a number.
        throw new RangeError(`the frame is broken, or holds more than ${most} bytes`, { cause })
      }
    },
  }
}

/** What the frame says that it holds, or what its blocks can hold at most, and any may: where they are small that is far more than they do. */
function mostOf(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('it is no frame of zstd')
  const descriptor = frame.readUInt8(DESCRIPTOR_AT)
  const isSingle = (descriptor & IS_SINGLE_SEGMENT) !== 0
  const sizeAt = DESCRIPTOR_AT + (isSingle ? 1 : 2) + DICTIONARY_BYTES[descriptor & 3]!
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6]! || Number(isSingle)
  if (sizeBytes > 0) return bounded(contentSize(frame, sizeAt, sizeBytes))
  return Math.min(MOST_BYTES, mostOfBlocks(frame, sizeAt))
}

function contentSize(frame: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(frame.readBigUInt64LE(at))
  return frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function mostOfBlocks(frame: Buffer, from: number): number {
  let most = 0
  for (let at = from, isLast = false; !isLast; ) {
    const head = frame.readUIntLE(at, 3)
    const [kind, size] = [(head >> 1) & 3, head >> 3]
    isLast = (head & 1) === 1
    most += kind === BLOCK.compressed ? MOST_OF_BLOCK : size
    at += 3 + (kind === BLOCK.repeated ? 1 : size)
  }
  return most
}
