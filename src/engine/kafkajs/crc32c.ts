// CRC-32C (Castagnoli), the checksum of record batches. Node has none (zlib.crc32 is of another polynomial), and kafkajs's takes a
// byte at a time; this one takes sixteen with a table for each ("slicing by 16"), four times as fast. Knows nothing of batches.

const POLYNOMIAL = 0x82f63b78

/** Table `n` holds what a byte makes of the checksum that `n` further bytes follow. */
const tables: readonly Int32Array[] = tablesOf(16)
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = tables as [
  ...(readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]),
  ...(readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]),
]

/** Of the bytes from `from` up to, and without, `to`; unsigned. */
export function crc32c(data: Uint8Array, from = 0, to = data.length): number {
  let crc = -1
  let at = from
  for (const last = to - 16; at <= last; at += 16) {
    crc ^= data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    crc =
      T15[crc & 255]! ^
      T14[(crc >>> 8) & 255]! ^
      T13[(crc >>> 16) & 255]! ^
      T12[crc >>> 24]! ^
      T11[data[at + 4]!]! ^
      T10[data[at + 5]!]! ^
      T9[data[at + 6]!]! ^
      T8[data[at + 7]!]! ^
      T7[data[at + 8]!]! ^
      T6[data[at + 9]!]! ^
      T5[data[at + 10]!]! ^
      T4[data[at + 11]!]! ^
      T3[data[at + 12]!]! ^
      T2[data[at + 13]!]! ^
      T1[data[at + 14]!]! ^
      T0[data[at + 15]!]!
  }
  for (; at < to; at++) crc = T0[(crc ^ data[at]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

function tablesOf(count: number): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    return crc
  })
  const all = [first]
  while (all.length < count) all.push(all.at(-1)!.map(crc => first[crc & 255]! ^ (crc >>> 8)))
  return all
}
