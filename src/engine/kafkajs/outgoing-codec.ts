// How what is produced is compressed: the codec that an option names, once it is certain that it is there, and that the broker
// takes it.

import { RacecarError } from '../../errors.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { Compression } from '../engine.ts'
import { codecOf, numberOf } from './codecs/index.ts'
import type { Line } from './line.ts'

/** A broker whose requests are older takes no zstd. */
const PRODUCE_WITH_ZSTD = 7

/** Loads what will be needed. Rejects with CODEC_MISSING. */
export async function prepareCodec(compression: Compression): Promise<void> {
  if (compression === 'none') return
  try {
    await codecOf(numberOf(compression))
  } catch (cause) {
    const text = `producer_compression_codec is ${compression}, but ${reasonOf(cause)}`
    throw new RacecarError('CODEC_MISSING', text, { cause })
  }
}

/** The number of the codec, for a request on this connection. Rejects with CODEC_MISSING, or with CONFIG where the broker is too old. */
export async function codecNumberFor(
  compression: Compression,
  line: Pick<Line, 'address' | 'versionOf'>,
): Promise<number> {
  await prepareCodec(compression)
  if (compression === 'zstd' && line.versionOf('Produce', {}) < PRODUCE_WITH_ZSTD)
    throw new RacecarError(
      'CONFIG',
      `the broker ${line.address} is older than Kafka 2.1 and takes no zstd: set producer_compression_codec to another codec`,
    )
  return numberOf(compression)
}
