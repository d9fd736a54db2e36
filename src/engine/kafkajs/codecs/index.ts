// The codecs of what is stored, by the numbers that batches bear. A library is loaded when the first batch needs it, or when what
// is produced is to be compressed by it: most consumers need none.

import { reasonOf } from '../../../lib/reason.ts'
import type { Compression } from '../../engine.ts'
import type { Codec } from './codec.ts'

export type { Codec } from './codec.ts'

/** Waiting does not help. */
export class NoCodec extends Error {
  readonly codec: string

  constructor(codec: string, why: string, options?: ErrorOptions) {
    super(why, options)
    this.codec = codec
  }
}

interface Kind {
  readonly name: Compression
  /** Who has it. */
  readonly by: string
  load(): Promise<Codec>
}

const kinds: Readonly<Record<number, Kind>> = {
  1: { name: 'gzip', by: 'node:zlib', load: async () => (await import('./gzip.ts')).gzip },
  2: { name: 'snappy', by: 'snappy', load: async () => (await import('./snappy.ts')).loadSnappy() },
  3: { name: 'lz4', by: 'lz4-napi', load: async () => (await import('./lz4.ts')).loadLz4() },
  4: { name: 'zstd', by: '@bokuweb/zstd-wasm', load: async () => (await import('./zstd.ts')).loadZstd() },
}

/** The part of a batch's attributes that is the codec's number; 0: none. */
export const CODEC_BITS = 0x07
export const codecNumbers: readonly number[] = Object.keys(kinds).map(Number)

export const numberOf = (compression: Compression): number =>
  codecNumbers.find(number => kinds[number]!.name === compression) ?? 0

const loaded = new Map<number, Promise<Codec>>()

/** Rejects with NoCodec where nobody knows the number, and where the codec's package cannot be loaded. */
export async function codecOf(number: number): Promise<Codec> {
  const kind = kinds[number]
  if (!kind) throw new NoCodec(`codec ${number}`, 'no such codec is known')
  const codec = loaded.get(number) ?? kind.load()
  loaded.set(number, codec)
  try {
    return await codec
  } catch (cause) {
    throw new NoCodec(kind.name, `the package ${kind.by} cannot be loaded: ${reasonOf(cause)}`, { cause })
  }
}
