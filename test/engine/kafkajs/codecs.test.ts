// What others write is read, and what nobody writes is refused before it does harm. The files in fixtures/compressed were made of TEXT
// by the programs lz4 1.9.4 and zstd 1.5.4: `lz4 -BI -B4 --no-frame-crc`, `lz4 -BD -B4 -9 -BX --content-size`, `zstd` and `zstd --no-check`,
// `streamed` from standard input, whose length they do not know.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { MOST_BYTES } from '../../../src/engine/kafkajs/codecs/codec.ts'
import { codecNumbers, codecOf, numberOf } from '../../../src/engine/kafkajs/codecs/index.ts'

const MEGABYTE = 2 ** 20

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/compressed/${name}`, import.meta.url))
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** 200 bytes of a simple generator in hexadecimal, 375 times. */
function text(): Buffer {
  let x = 12345
  const bytes = Array.from({ length: 200 }, () => {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0
    return (x >>> 16) & 0xff
  })
  return Buffer.from(Buffer.from(bytes).toString('hex').repeat(375))
}

const TEXT = text()

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s', name => {
  const codec = codecOf(numberOf(name))

  it('reads what it has written: nothing, little, much, and what cannot be compressed', async () => {
    const { compress, decompress } = await codec
    const noise = randomBytes(3 * MEGABYTE)
    for (const plain of [Buffer.alloc(0), Buffer.from('a'), TEXT, noise, Buffer.alloc(20 * MEGABYTE, TEXT)]) {
      const packed = compress(plain)
      expect(packed.length).toBeLessThan(Math.max(64, plain.length * 1.01))
      expect(decompress(packed).equals(plain)).toBe(true)
    }
  })

  it('throws for what is cut off, and lives on', async () => {
    const { compress, decompress } = await codec
    const packed = compress(TEXT)
    // snappy's frame does not say where it ends: the records in it do.
    const whole = (data: Buffer) => {
      if (decompress(data).length < TEXT.length) throw new RangeError('it is short')
    }
    for (let length = 0; length < packed.length - 8; length += 7)
      expect(() => whole(packed.subarray(0, length))).toThrow()
    expect(decompress(packed).equals(TEXT)).toBe(true)
  })

  it('throws for bytes that others are, or takes them for others, and lives on', async () => {
    const { compress, decompress } = await codec
    const packed = compress(TEXT)
    const bytes = fc.array(fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1 })
    fc.assert(
      fc.property(bytes, changes => {
        const broken = Buffer.from(packed)
        for (const [at, byte] of changes) broken[at] = byte
        try {
          expect(decompress(broken).length).toBeLessThanOrEqual(MOST_BYTES)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
    expect(() => decompress(randomBytes(1000))).toThrow()
    expect(decompress(packed).equals(TEXT)).toBe(true)
  })
})

describe('gzip', () => {
  it('refuses what would become too large', async () => {
    const { decompress } = await codecOf(1)
    const member = gzipSync(Buffer.alloc(32 * MEGABYTE))
    expect(decompress(Buffer.concat(Array(2).fill(member)))).toHaveLength(64 * MEGABYTE)
    expect(() => decompress(Buffer.concat(Array(9).fill(member)))).toThrow(/larger than/)
  })
})

describe('snappy', () => {
  const framed = (...pieces: Buffer[]) => {
    const head = Buffer.concat([Buffer.from([0x82]), Buffer.from('SNAPPY'), Buffer.from([0]), int32(1), int32(1)])
    return Buffer.concat([head, ...pieces.flatMap(piece => [int32(piece.length), piece])])
  }

  it('is read bare, and in the frame of Java in one piece, several of any length, or none', async () => {
    const { decompress } = await codecOf(2)
    const cuts = [0, 1, 1000, 33_000, 98_304, 98_304, TEXT.length]
    const pieces = cuts.slice(1).map((end, index) => compressSync(TEXT.subarray(cuts[index], end)))
    expect(decompress(compressSync(TEXT)).equals(TEXT)).toBe(true)
    expect(decompress(framed(compressSync(TEXT))).equals(TEXT)).toBe(true)
    expect(decompress(framed(...pieces)).equals(TEXT)).toBe(true)
    expect(decompress(framed())).toHaveLength(0)
  })

  it('is written in the frame of Java, in pieces of 32 KB', async () => {
    const { compress } = await codecOf(2)
    const pieces = Array.from({ length: 5 }, (_, i) => compressSync(TEXT.subarray(i * 32_768, (i + 1) * 32_768)))
    expect(compress(TEXT)).toEqual(framed(...pieces))
  })

  it('is refused where a piece says that it is longer or shorter than it is, or than the frame', async () => {
    const { decompress } = await codecOf(2)
    const whole = framed(compressSync(TEXT), compressSync(TEXT))
    for (const length of [-1, -4, 0, 1, 100, whole.length, 2 ** 31 - 1]) {
      const broken = Buffer.from(whole)
      broken.writeInt32BE(length, 16)
      expect(() => decompress(broken), String(length)).toThrow()
    }
  })

  it('is refused where it would become too large, and the memory is not even asked for', async () => {
    const { decompress } = await codecOf(2)
    const huge = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00])
    expect(() => decompress(huge)).toThrow('it would become larger than 256 MB')
    expect(() => decompress(framed(...Array(5).fill(huge)))).toThrow('it would become larger than 256 MB')
  })
})

describe('lz4', () => {
  it.each(['independent', 'linked'])('is read in %s blocks, with and without checksums and a length', async name => {
    const { decompress } = await codecOf(3)
    expect(decompress(fixture(`${name}.lz4`)).equals(TEXT)).toBe(true)
  })

  it('is written in independent blocks, the only ones that Java reads', async () => {
    const { compress } = await codecOf(3)
    expect(compress(TEXT).readUInt8(4) & 0x20).toBe(0x20)
  })

  it('is refused where a checksum is wrong', async () => {
    const { decompress } = await codecOf(3)
    const broken = fixture('linked.lz4')
    broken[broken.length - 1]! ^= 1
    expect(() => decompress(broken)).toThrow()
  })

  // In blocks that may hold 4 MB each.
  const repeating = (block: Buffer, count: number) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(block.length)
    const one = Buffer.concat([length, block])
    const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
    return Buffer.concat([head, Buffer.alloc(count * one.length, one), Buffer.alloc(4)])
  }

  it('is refused where it would become too large', async () => {
    const { decompress } = await codecOf(3)
    // A literal, the same again 4,194,270 times, and five more.
    const block = Buffer.concat([
      Buffer.from([0x1f, 0x78, 1, 0]),
      Buffer.alloc(16_448, 0xff),
      Buffer.from('\x0b\x50xxxxx'),
    ])
    expect(decompress(repeating(block, 2)).equals(Buffer.alloc(2 * 4_194_276, 'x'))).toBe(true)
    expect(() => decompress(repeating(block, 65))).toThrow('it would become larger than 256 MB')
  })

  it('is not refused for many small blocks that could hold more than they do', async () => {
    const { decompress } = await codecOf(3)
    const plain = decompress(repeating(Buffer.from('\x50hello'), 180_000))
    expect(plain.equals(Buffer.alloc(900_000, 'hello'))).toBe(true)
  })
})

describe('zstd', () => {
  // A window of 128 KB, no length, no checksum.
  const HEAD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])

  // Blocks that are one byte, repeated.
  const repeating = (blocks: number) => {
    const block = (isLast: boolean) => {
      const head = (131_072 << 3) | (1 << 1) | Number(isLast)
      return Buffer.from([head & 0xff, (head >> 8) & 0xff, (head >> 16) & 0xff, 0x78])
    }
    const all = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1))
    return Buffer.concat([HEAD, ...all])
  }

  it.each(['streamed', 'sized'])('is read whether or not a frame says how much it holds: %s', async name => {
    const { decompress } = await codecOf(4)
    expect(decompress(fixture(`${name}.zst`)).equals(TEXT)).toBe(true)
  })

  it('is read where a frame that does not say how much it holds, holds much', async () => {
    const { decompress } = await codecOf(4)
    const plain = decompress(repeating(160))
    expect(plain.equals(Buffer.alloc(20 * MEGABYTE, 'x'))).toBe(true)
  })

  it('is read where many small blocks could hold more than any batch may, and do not', async () => {
    const { decompress } = await codecOf(4)
    const block = (isLast: boolean) =>
      Buffer.from([(7 << 3) | (2 << 1) | Number(isLast), 0, 0, 5 << 3, ...Buffer.from('hello'), 0])
    const blocks = Array.from({ length: 3000 }, (_, i) => block(i === 2999))
    const plain = decompress(Buffer.concat([HEAD, ...blocks]))
    expect(plain.equals(Buffer.alloc(15_000, 'hello'))).toBe(true)
  })

  it('is refused where it would become too large, whether or not it says so', async () => {
    const { decompress } = await codecOf(4)
    expect(() => decompress(repeating(2049))).toThrow(/larger than 268435456 bytes|more than 268435456 bytes/)
    const told = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0]), Buffer.alloc(8, 0x7f), Buffer.alloc(20)])
    expect(() => decompress(told)).toThrow('it would become larger than 256 MB')
  })

  it('is refused where it holds more than it says', async () => {
    const { decompress } = await codecOf(4)
    const broken = fixture('sized.zst')
    broken.writeUInt32LE(1000, 5)
    expect(() => decompress(broken)).toThrow()
  })

  it('holds at most twice the memory that the batch needs', async () => {
    const { compress, decompress } = await codecOf(4)
    expect(decompress(fixture('streamed.zst')).buffer.byteLength).toBeLessThanOrEqual(2 * TEXT.length)
    expect(decompress(compress(Buffer.from('little'))).buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize)
  })
})

it('a number that no codec bears has none', async () => {
  expect(codecNumbers).toEqual([1, 2, 3, 4])
  for (const number of [0, 5, 7])
    await expect(codecOf(number)).rejects.toMatchObject({ codec: `codec ${number}`, message: 'no such codec is known' })
})
