// The part of the table that is about what is produced.

import { choice, type Option } from './option.ts'

export const producingOptions = {
  partitioner: choice(
    'consistent',
    'consistent_random',
    'murmur2',
    'murmur2_random',
    'fnv1a',
    'fnv1a_random',
  )({
    group: 'Producing',
    default: 'consistent_random',
    perClass: true,
    about:
      'How a partition is chosen from the key: by CRC-32, by murmur2 as Java does, or by FNV-1a as Sarama does; with _random messages without a key go anywhere',
  }),
  producerCompressionCodec: choice(
    'none',
    'gzip',
    'snappy',
    'lz4',
    'zstd',
  )({ group: 'Producing', default: 'none', perClass: true, about: 'How what is produced is compressed' }),
} satisfies Record<string, Option<unknown>>
