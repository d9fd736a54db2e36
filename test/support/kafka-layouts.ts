// Where error codes and brokers' ports stand inside Kafka's responses. Versions are those before the compact ("flexible") encodings,
// which are all that kafkajs speaks, and Metadata's version 10; any other is an error, so that no test believes in a fault that was
// never injected.

export const Api = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  ApiVersions: 18,
  InitProducerId: 22,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
} as const

/** A place in a response where an error code stands; with topic and partition where it is about one. */
export interface ErrorSpot {
  readonly at: number
  readonly topic?: string
  readonly partition?: number
  /** The records that a broker would not have sent along with an error. */
  readonly records?: { readonly sizeAt: number; readonly size: number }
}

/** Where the error codes of a response frame stand. */
export function errorSpots(apiKey: number, apiVersion: number, frame: Buffer): ErrorSpot[] {
  const layout = layouts.get(apiKey)
  if (!layout || apiVersion < layout.versions[0] || apiVersion > layout.versions[1]) {
    throw new Error(`where errors stand in API ${apiKey}, version ${apiVersion}, is not known here`)
  }
  return layout.errors(new Cursor(frame, 8), apiVersion)
}

/** Where the ports of brokers stand: in Metadata and FindCoordinator. */
export function portSpots(apiKey: number, apiVersion: number, frame: Buffer): number[] {
  const cursor = new Cursor(frame, 8)
  if (apiKey === Api.Metadata && apiVersion <= 8) return metadataBrokers(cursor, apiVersion)
  if (apiKey === Api.Metadata && apiVersion === 10) return compactBrokers(cursor)
  if (apiKey === Api.FindCoordinator && apiVersion <= 2) {
    if (apiVersion >= 1) cursor.skip(4)
    cursor.skip(2)
    if (apiVersion >= 1) cursor.string()
    cursor.skip(4)
    cursor.string()
    return [cursor.at]
  }
  return []
}

export class Cursor {
  constructor(
    private readonly buffer: Buffer,
    public at: number,
  ) {}

  skip(bytes: number): void {
    this.at += bytes
  }

  int16(): number {
    this.at += 2
    return this.buffer.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.buffer.readInt32BE(this.at - 4)
  }

  string(): string | null {
    const length = this.int16()
    if (length < 0) return null
    this.at += length
    return this.buffer.toString('utf8', this.at - length, this.at)
  }

  array<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, item)
  }

  uvarint(): number {
    const byte = this.buffer.readUInt8(this.at++)
    return byte < 0x80 ? byte : (byte & 0x7f) + 128 * this.uvarint()
  }

  compactString(): string {
    const length = Math.max(0, this.uvarint() - 1)
    this.at += length
    return this.buffer.toString('utf8', this.at - length, this.at)
  }

  compactArray<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, item)
  }

  /** Brokers send none here. */
  noTags(): void {
    if (this.uvarint() > 0) throw new Error('tagged fields are not known here')
  }

  /** The place of an error code, which is stepped over. */
  error(): number {
    this.skip(2)
    return this.at - 2
  }

  /** Topics with partitions, as most responses list them. */
  partitions(item: (topic: string, partition: number) => ErrorSpot): ErrorSpot[] {
    return this.array(() => {
      const topic = this.string() ?? ''
      return this.array(() => item(topic, this.int32()))
    }).flat()
  }
}

interface Layout {
  readonly versions: readonly [oldest: number, newest: number]
  readonly errors: (cursor: Cursor, version: number) => ErrorSpot[]
}

/** Throttle time, then one error code for everything. */
const plain = (oldest: number, newest: number): Layout => ({
  versions: [oldest, newest],
  errors: cursor => {
    cursor.skip(4)
    return [{ at: cursor.error() }]
  },
})

const layouts = new Map<number, Layout>([
  [Api.Produce, { versions: [3, 7], errors: produceErrors }],
  [Api.Fetch, { versions: [4, 11], errors: fetchErrors }],
  [Api.ListOffsets, { versions: [2, 3], errors: listOffsetsErrors }],
  [Api.Metadata, { versions: [0, 10], errors: metadataErrors }],
  [Api.OffsetCommit, { versions: [3, 7], errors: offsetCommitErrors }],
  [Api.OffsetFetch, { versions: [3, 5], errors: offsetFetchErrors }],
  [Api.FindCoordinator, plain(1, 2)],
  [Api.JoinGroup, plain(2, 5)],
  [Api.Heartbeat, plain(1, 3)],
  [Api.LeaveGroup, plain(1, 3)],
  [Api.SyncGroup, plain(1, 3)],
  [Api.ApiVersions, { versions: [0, 2], errors: cursor => [{ at: cursor.error() }] }],
  [Api.InitProducerId, plain(0, 1)],
  [Api.AddOffsetsToTxn, plain(0, 2)],
  [Api.EndTxn, plain(0, 2)],
])

function produceErrors(cursor: Cursor, version: number): ErrorSpot[] {
  return cursor.partitions((topic, partition) => {
    const at = cursor.error()
    cursor.skip(version >= 5 ? 24 : 16)
    return { at, topic, partition }
  })
}

function fetchErrors(cursor: Cursor, version: number): ErrorSpot[] {
  cursor.skip(version >= 7 ? 10 : 4)
  return cursor.partitions((topic, partition) => {
    const at = cursor.error()
    cursor.skip(version >= 5 ? 24 : 16)
    cursor.array(() => cursor.skip(16))
    if (version >= 11) cursor.skip(4)
    const sizeAt = cursor.at
    const size = Math.max(0, cursor.int32())
    cursor.skip(size)
    return { at, topic, partition, records: { sizeAt, size } }
  })
}

function listOffsetsErrors(cursor: Cursor): ErrorSpot[] {
  cursor.skip(4)
  return cursor.partitions((topic, partition) => {
    const at = cursor.error()
    cursor.skip(16)
    return { at, topic, partition }
  })
}

function offsetCommitErrors(cursor: Cursor): ErrorSpot[] {
  cursor.skip(4)
  return cursor.partitions((topic, partition) => ({ at: cursor.error(), topic, partition }))
}

function offsetFetchErrors(cursor: Cursor, version: number): ErrorSpot[] {
  cursor.skip(4)
  const spots = cursor.partitions((topic, partition) => {
    cursor.skip(version >= 5 ? 12 : 8)
    cursor.string()
    return { at: cursor.error(), topic, partition }
  })
  return [...spots, { at: cursor.error() }]
}

/** Steps over the brokers and returns where their ports stand. */
function metadataBrokers(cursor: Cursor, version: number): number[] {
  if (version >= 3) cursor.skip(4)
  return cursor.array(() => {
    cursor.skip(4)
    cursor.string()
    const at = cursor.at
    cursor.skip(4)
    if (version >= 1) cursor.string()
    return at
  })
}

function metadataErrors(cursor: Cursor, version: number): ErrorSpot[] {
  if (version >= 9) return compactMetadataErrors(cursor, version)
  metadataBrokers(cursor, version)
  if (version >= 2) cursor.string()
  if (version >= 1) cursor.skip(4)
  return cursor.array(() => {
    const at = cursor.error()
    const topic = cursor.string() ?? ''
    if (version >= 1) cursor.skip(1)
    cursor.array(() => metadataPartition(cursor, version))
    if (version >= 8) cursor.skip(4)
    return { at, topic }
  })
}

function metadataPartition(cursor: Cursor, version: number): void {
  cursor.skip(version >= 7 ? 14 : 10)
  const lists = version >= 5 ? 3 : 2
  for (let list = 0; list < lists; list++) cursor.array(() => cursor.skip(4))
}

function compactBrokers(cursor: Cursor): number[] {
  cursor.noTags()
  cursor.skip(4)
  return cursor.compactArray(() => {
    cursor.skip(4)
    cursor.compactString()
    const at = cursor.at
    cursor.skip(4)
    cursor.compactString()
    cursor.noTags()
    return at
  })
}

function compactMetadataErrors(cursor: Cursor, version: number): ErrorSpot[] {
  compactBrokers(cursor)
  cursor.compactString()
  cursor.skip(4)
  return cursor.compactArray(() => {
    const at = cursor.error()
    const topic = cursor.compactString()
    cursor.skip(version >= 10 ? 17 : 1)
    cursor.compactArray(() => {
      cursor.skip(14)
      for (let list = 0; list < 3; list++) cursor.compactArray(() => cursor.skip(4))
      cursor.noTags()
    })
    cursor.skip(4)
    cursor.noTags()
    return { at, topic }
  })
}
