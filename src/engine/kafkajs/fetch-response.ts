// The answer to a Fetch, versions 4 to 11, down to the bytes of each partition's records. Ours and not kafkajs's: that one
// throws the whole answer away for one partition's error, and decodes all records before anybody can look.

import { Reader } from './bytes.ts'
import type { AbortedTransaction } from './records.ts'

export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, the last one possibly cut off. A view into the answer. */
  readonly data: Buffer
}

export interface FetchResponse {
  /** Milliseconds that the broker asks us to hold back (KIP-219); kafkajs's request queue obeys it under this name. */
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

export async function decodeFetchResponse(raw: Buffer, version: number): Promise<FetchResponse> {
  if (version < 4) throw new Error(`this broker speaks Fetch version ${version}; Kafka 0.11 or newer is needed`)
  const reader = new Reader(raw)
  const throttle = reader.int32()
  const errorCode = version >= 7 ? reader.int16() : 0
  if (version >= 7) reader.at += 4
  const partitions: FetchedPartition[] = []
  reader.array(() => {
    const topic = reader.string()
    reader.array(() => partitions.push(readPartition(reader, topic, version)))
  })
  // Before version 8 the broker has already waited itself.
  return { clientSideThrottleTime: version >= 8 ? throttle : 0, errorCode, partitions }
}

function readPartition(reader: Reader, topic: string, version: number): FetchedPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  reader.at += 8
  const logStartOffset = version >= 5 ? reader.int64() : -1
  const aborted = reader.array(() => ({ producerId: reader.id64(), firstOffset: reader.int64() }))
  if (version >= 11) reader.at += 4
  const length = Math.max(0, reader.int32())
  const data = reader.data.subarray(reader.at, reader.at + length)
  reader.at += length
  return { topic, partition, errorCode, highWatermark, logStartOffset, aborted, data }
}
