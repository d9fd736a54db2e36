import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../../src/engine/kafkajs/crc32c.ts'
import { slowCrc32c } from './batches.ts'

test('the checksum is CRC-32C: as in RFC 3720, appendix B.4', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

test('of any part of any bytes it is the same as kafkajs finds a byte at a time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (data, one, other) => {
      const [from, to] = [one, other].map(at => Math.min(at, data.length)).sort((a, b) => a - b)
      expect(crc32c(data, from, to)).toBe(slowCrc32c(Buffer.from(data.subarray(from, to))))
    }),
    { numRuns: 500 },
  )
})
