// Kafka's frames as a proxy needs them: where one ends, who asks for what, and a response with other error codes, ports or bits in it.
// Knows nothing of sockets; where things stand inside a response is told by kafka-layouts.ts.
import { Cursor, type ErrorSpot, portSpots } from './kafka-layouts.ts'

export interface RequestHead {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** Cuts a stream of bytes into frames: four bytes of size, then as many as they say. */
export class FrameSplitter {
  private parts: Buffer[] = []
  private size = 0

  push(chunk: Buffer): Buffer[] {
    this.parts.push(chunk)
    this.size += chunk.length
    const frames: Buffer[] = []
    for (let wanted = this.wanted(); wanted !== undefined && this.size >= wanted; wanted = this.wanted()) {
      const all = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts)
      frames.push(all.subarray(0, wanted))
      this.size -= wanted
      this.parts = this.size > 0 ? [all.subarray(wanted)] : []
    }
    return frames
  }

  private wanted(): number | undefined {
    if (this.size < 4) return undefined
    if (this.parts[0]!.length < 4) this.parts = [Buffer.concat(this.parts)]
    return 4 + this.parts[0]!.readInt32BE(0)
  }
}

export function requestHead(frame: Buffer): RequestHead {
  const cursor = new Cursor(frame, 4)
  const [apiKey, apiVersion] = [cursor.int16(), cursor.int16()]
  return { apiKey, apiVersion, correlationId: cursor.int32(), clientId: cursor.string() }
}

export const correlationIdOf = (response: Buffer): number => response.readInt32BE(4)

/** The frame with `code` at these places, and without the records that stood beside them. */
export function withErrors(frame: Buffer, spots: readonly ErrorSpot[], code: number): Buffer {
  const copy = Buffer.from(frame)
  const kept: Buffer[] = []
  let from = 0
  for (const { at, records } of spots) {
    copy.writeInt16BE(code, at)
    if (!records || records.size <= 0) continue
    copy.writeInt32BE(0, records.sizeAt)
    kept.push(copy.subarray(from, records.sizeAt + 4))
    from = records.sizeAt + 4 + records.size
  }
  const result = Buffer.concat([...kept, copy.subarray(from)])
  result.writeInt32BE(result.length - 4, 0)
  return result
}

/** The frame with one bit flipped in the first batch of records at each of these places; undefined where there are no records. */
export function withFlippedBits(frame: Buffer, spots: readonly ErrorSpot[]): Buffer | undefined {
  const batches = spots.flatMap(({ records }) => (records && records.size > 0 ? records.sizeAt + 4 : []))
  if (batches.length === 0) return undefined
  const copy = Buffer.from(frame)
  // The last byte of a batch: its length stands at 8, and counts from 12 on.
  for (const at of batches) copy[at + 12 + copy.readInt32BE(at + 8) - 1]! ^= 1
  return copy
}

/** The frame with the brokers' ports in Metadata and FindCoordinator exchanged for others; every other frame as it is. */
export function withPorts(
  apiKey: number,
  apiVersion: number,
  frame: Buffer,
  ports: ReadonlyMap<number, number>,
): Buffer {
  const spots = portSpots(apiKey, apiVersion, frame)
  if (spots.length === 0) return frame
  const copy = Buffer.from(frame)
  for (const at of spots) copy.writeInt32BE(ports.get(copy.readInt32BE(at)) ?? copy.readInt32BE(at), at)
  return copy
}
