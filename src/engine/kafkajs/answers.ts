// The answers of brokers as kafkajs decodes them (Fetch: as we do), by request. Offsets are decimal text, as on its side of
// the border; errorCode 0 is success.

import type { FetchResponse } from './fetch-response.ts'
import type { MetadataAnswer } from './metadata.ts'
import type { ApiName } from './wire.ts'

interface Coded {
  readonly errorCode: number
}
interface Topics<P> {
  readonly responses: readonly {
    readonly topic: string
    readonly partitions: readonly (P & { readonly partition: number })[]
  }[]
}

export interface JoinAnswer extends Coded {
  readonly generationId: number
  readonly groupProtocol: string
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId?: string | null
    readonly memberMetadata: Buffer
  }[]
}

export interface Answers extends Record<ApiName, unknown> {
  Produce: {
    readonly topics: readonly {
      readonly topicName: string
      readonly partitions: readonly (Coded & { readonly partition: number; readonly baseOffset: string })[]
    }[]
  }
  InitProducerId: Coded & { readonly producerId: string; readonly producerEpoch: number }
  Fetch: FetchResponse
  ListOffsets: Topics<Coded & { readonly offset: string }>
  Metadata: MetadataAnswer
  OffsetCommit: Topics<Coded>
  KeptOffsetCommit: Topics<Coded>
  OffsetFetch: Coded & Topics<Coded & { readonly offset: string; readonly metadata: string | null }>
  GroupCoordinator: Coded & {
    readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number }
  }
  JoinGroup: JoinAnswer
  Heartbeat: Coded
  LeaveGroup: Coded & { readonly members?: readonly Coded[] }
  CreateTopics: { readonly topicErrors: readonly (Coded & { readonly topic: string })[] }
  DeleteRecords: {
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly (Coded & { readonly partition: number })[]
    }[]
  }
  SyncGroup: Coded & { readonly memberAssignment: Buffer | null }
  SaslHandshake: Coded & { readonly enabledMechanisms: readonly string[] }
  SaslAuthenticate: Coded & {
    readonly errorMessage: string | null
    /** With its length before it. */
    readonly authBytes: Buffer
    /** Of those brokers that may set an end to it; 0: there is none. */
    readonly sessionLifetimeMs?: string
  }
  DescribeGroups: {
    readonly groups: readonly {
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
    }[]
  }
}
