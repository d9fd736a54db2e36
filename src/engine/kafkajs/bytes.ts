// Reading Kafka's wire encoding from a Buffer: a cursor, because a copy or a slice per field is what makes decoding slow.

export class Reader {
  readonly data: Buffer
  at: number

  constructor(data: Buffer, at = 0) {
    this.data = data
    this.at = at
  }

  get left(): number {
    return this.data.length - this.at
  }

  int8(): number {
    return this.data.readInt8(this.at++)
  }

  int16(): number {
    const value = this.data.readInt16BE(this.at)
    this.at += 2
    return value
  }

  int32(): number {
    const value = this.data.readInt32BE(this.at)
    this.at += 4
    return value
  }

  /** Exact up to 2^53, which no offset or timestamp exceeds. */
  int64(): number {
    const value = this.data.readInt32BE(this.at) * 2 ** 32 + this.data.readUInt32BE(this.at + 4)
    this.at += 8
    return value
  }

  /** An identity rather than a number: all 64 bits, as text. */
  id64(): string {
    const value = this.data.readBigInt64BE(this.at)
    this.at += 8
    return value.toString()
  }

  string(): string {
    const length = this.int16()
    const value = this.data.toString('utf8', this.at, this.at + length)
    this.at += length
    return value
  }

  array<T>(read: (reader: Reader) => T): T[] {
    const length = this.int32()
    const values: T[] = []
    for (let i = 0; i < length; i++) values.push(read(this))
    return values
  }

  /** As the newer, compact encodings have them. */
  uvarint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.data.readUInt8(this.at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  /** Empty where it is null. */
  compactString(): string {
    const length = Math.max(0, this.uvarint() - 1)
    this.at += length
    return this.data.toString('utf8', this.at - length, this.at)
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, read)
  }

  skipTags(): void {
    for (let tags = this.uvarint(); tags > 0; tags--) {
      this.uvarint()
      const size = this.uvarint()
      this.at += size
    }
  }

  /** A zig-zag varint of up to 64 bits, exact up to 2^53. */
  varint(): number {
    const { data } = this
    let byte = data[this.at++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let scale = 128
    do {
      if (this.at >= data.length) throw new RangeError('the data ends within a number')
      byte = data[this.at++]!
      value += (byte & 0x7f) * scale
      scale *= 128
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
