// Kafka's error codes and what each makes us do: one table, every code decided. What a row means to a request in
// particular (a commit, a fetch, a join) is said where the answer is read; nothing else compares codes.
// Source: org.apache.kafka.common.protocol.Errors of Kafka 4.3.

export type Action =
  /** Nothing to mend. */
  | 'ok'
  /** Passing: ask again after a back-off. */
  | 'retry'
  /** The leader has moved or is being elected: refresh the metadata, then ask again. */
  | 'refresh'
  /** The coordinator has moved or is loading: find it again, then ask again. */
  | 'coordinator'
  /** The group is rebalancing: rejoin under the same member id. */
  | 'rejoin'
  /** The group goes on without this generation of ours: what we own is lost; rejoin. */
  | 'generation'
  /** The group does not know us (any more): what we own is lost; rejoin with an empty member id. */
  | 'evicted'
  /** The broker has drawn a member id for us: join again with it (KIP-394). */
  | 'member-id'
  /** Another process has taken our group.instance.id. */
  | 'fenced'
  /** Credentials or ACLs. */
  | 'denied'
  /** The members of the group cannot agree on a protocol. */
  | 'protocol'
  /** The broker will never accept this setting or this version. */
  | 'refused'
  /** The broker counts otherwise than we do: the producer begins anew, under another id. */
  | 'producer'
  /** The position is not in the log. */
  | 'offset'
  /** This data is bad; other data is not. */
  | 'data'

type Row = readonly [code: number, name: string, action: Action]

const rows: readonly Row[] = [
  [-1, 'UNKNOWN_SERVER_ERROR', 'retry'],
  [0, 'NONE', 'ok'],
  [1, 'OFFSET_OUT_OF_RANGE', 'offset'],
  [2, 'CORRUPT_MESSAGE', 'data'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'refresh'],
  [4, 'INVALID_FETCH_SIZE', 'refused'],
  [5, 'LEADER_NOT_AVAILABLE', 'refresh'],
  [6, 'NOT_LEADER_OR_FOLLOWER', 'refresh'],
  [7, 'REQUEST_TIMED_OUT', 'retry'],
  [8, 'BROKER_NOT_AVAILABLE', 'refresh'],
  [9, 'REPLICA_NOT_AVAILABLE', 'refresh'],
  [10, 'MESSAGE_TOO_LARGE', 'data'],
  [11, 'STALE_CONTROLLER_EPOCH', 'retry'],
  [12, 'OFFSET_METADATA_TOO_LARGE', 'refused'],
  [13, 'NETWORK_EXCEPTION', 'refresh'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
  [15, 'COORDINATOR_NOT_AVAILABLE', 'coordinator'],
  [16, 'NOT_COORDINATOR', 'coordinator'],
  [17, 'INVALID_TOPIC_EXCEPTION', 'data'],
  [18, 'RECORD_LIST_TOO_LARGE', 'data'],
  [19, 'NOT_ENOUGH_REPLICAS', 'retry'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retry'],
  [21, 'INVALID_REQUIRED_ACKS', 'refused'],
  [22, 'ILLEGAL_GENERATION', 'generation'],
  [23, 'INCONSISTENT_GROUP_PROTOCOL', 'protocol'],
  [24, 'INVALID_GROUP_ID', 'refused'],
  [25, 'UNKNOWN_MEMBER_ID', 'evicted'],
  [26, 'INVALID_SESSION_TIMEOUT', 'refused'],
  [27, 'REBALANCE_IN_PROGRESS', 'rejoin'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE', 'refused'],
  [29, 'TOPIC_AUTHORIZATION_FAILED', 'denied'],
  [30, 'GROUP_AUTHORIZATION_FAILED', 'denied'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED', 'denied'],
  [32, 'INVALID_TIMESTAMP', 'data'],
  [33, 'UNSUPPORTED_SASL_MECHANISM', 'denied'],
  [34, 'ILLEGAL_SASL_STATE', 'denied'],
  [35, 'UNSUPPORTED_VERSION', 'refused'],
  [36, 'TOPIC_ALREADY_EXISTS', 'refused'],
  [37, 'INVALID_PARTITIONS', 'refused'],
  [38, 'INVALID_REPLICATION_FACTOR', 'refused'],
  [39, 'INVALID_REPLICA_ASSIGNMENT', 'refused'],
  [40, 'INVALID_CONFIG', 'refused'],
  [41, 'NOT_CONTROLLER', 'refresh'],
  [42, 'INVALID_REQUEST', 'refused'],
  [43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'data'],
  [44, 'POLICY_VIOLATION', 'data'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'producer'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', 'ok'],
  [47, 'INVALID_PRODUCER_EPOCH', 'producer'],
  [48, 'INVALID_TXN_STATE', 'refused'],
  [49, 'INVALID_PRODUCER_ID_MAPPING', 'producer'],
  [50, 'INVALID_TRANSACTION_TIMEOUT', 'refused'],
  [51, 'CONCURRENT_TRANSACTIONS', 'retry'],
  [52, 'TRANSACTION_COORDINATOR_FENCED', 'refused'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'denied'],
  [54, 'SECURITY_DISABLED', 'refused'],
  [55, 'OPERATION_NOT_ATTEMPTED', 'retry'],
  [56, 'KAFKA_STORAGE_ERROR', 'refresh'],
  [57, 'LOG_DIR_NOT_FOUND', 'refresh'],
  [58, 'SASL_AUTHENTICATION_FAILED', 'denied'],
  [59, 'UNKNOWN_PRODUCER_ID', 'producer'],
  [60, 'REASSIGNMENT_IN_PROGRESS', 'retry'],
  [61, 'DELEGATION_TOKEN_AUTH_DISABLED', 'denied'],
  [62, 'DELEGATION_TOKEN_NOT_FOUND', 'denied'],
  [63, 'DELEGATION_TOKEN_OWNER_MISMATCH', 'denied'],
  [64, 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', 'denied'],
  [65, 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', 'denied'],
  [66, 'DELEGATION_TOKEN_EXPIRED', 'denied'],
  [67, 'INVALID_PRINCIPAL_TYPE', 'denied'],
  [68, 'NON_EMPTY_GROUP', 'refused'],
  [69, 'GROUP_ID_NOT_FOUND', 'evicted'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND', 'retry'],
  [71, 'INVALID_FETCH_SESSION_EPOCH', 'retry'],
  [72, 'LISTENER_NOT_FOUND', 'refresh'],
  [73, 'TOPIC_DELETION_DISABLED', 'refused'],
  [74, 'FENCED_LEADER_EPOCH', 'refresh'],
  [75, 'UNKNOWN_LEADER_EPOCH', 'refresh'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE', 'data'],
  [77, 'STALE_BROKER_EPOCH', 'retry'],
  [78, 'OFFSET_NOT_AVAILABLE', 'retry'],
  [79, 'MEMBER_ID_REQUIRED', 'member-id'],
  [80, 'PREFERRED_LEADER_NOT_AVAILABLE', 'refresh'],
  [81, 'GROUP_MAX_SIZE_REACHED', 'retry'],
  [82, 'FENCED_INSTANCE_ID', 'fenced'],
  [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'refresh'],
  [84, 'ELECTION_NOT_NEEDED', 'ok'],
  [85, 'NO_REASSIGNMENT_IN_PROGRESS', 'ok'],
  [86, 'GROUP_SUBSCRIBED_TO_TOPIC', 'refused'],
  [87, 'INVALID_RECORD', 'data'],
  [88, 'UNSTABLE_OFFSET_COMMIT', 'retry'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', 'retry'],
  [90, 'PRODUCER_FENCED', 'producer'],
  [91, 'RESOURCE_NOT_FOUND', 'refused'],
  [92, 'DUPLICATE_RESOURCE', 'refused'],
  [93, 'UNACCEPTABLE_CREDENTIAL', 'denied'],
  [94, 'INCONSISTENT_VOTER_SET', 'retry'],
  [95, 'INVALID_UPDATE_VERSION', 'retry'],
  [96, 'FEATURE_UPDATE_FAILED', 'retry'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', 'denied'],
  [98, 'SNAPSHOT_NOT_FOUND', 'retry'],
  [99, 'POSITION_OUT_OF_RANGE', 'retry'],
  [100, 'UNKNOWN_TOPIC_ID', 'refresh'],
  [101, 'DUPLICATE_BROKER_REGISTRATION', 'retry'],
  [102, 'BROKER_ID_NOT_REGISTERED', 'retry'],
  [103, 'INCONSISTENT_TOPIC_ID', 'refresh'],
  [104, 'INCONSISTENT_CLUSTER_ID', 'refused'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', 'refused'],
  [106, 'FETCH_SESSION_TOPIC_ID_ERROR', 'refresh'],
  [107, 'INELIGIBLE_REPLICA', 'refresh'],
  [108, 'NEW_LEADER_ELECTED', 'refresh'],
  [109, 'OFFSET_MOVED_TO_TIERED_STORAGE', 'retry'],
  [110, 'FENCED_MEMBER_EPOCH', 'evicted'],
  [111, 'UNRELEASED_INSTANCE_ID', 'retry'],
  [112, 'UNSUPPORTED_ASSIGNOR', 'protocol'],
  [113, 'STALE_MEMBER_EPOCH', 'generation'],
  [114, 'MISMATCHED_ENDPOINT_TYPE', 'refused'],
  [115, 'UNSUPPORTED_ENDPOINT_TYPE', 'refused'],
  [116, 'UNKNOWN_CONTROLLER_ID', 'retry'],
  [117, 'UNKNOWN_SUBSCRIPTION_ID', 'retry'],
  [118, 'TELEMETRY_TOO_LARGE', 'refused'],
  [119, 'INVALID_REGISTRATION', 'refused'],
  [120, 'TRANSACTION_ABORTABLE', 'retry'],
]

const byCode = new Map(rows.map(([code, name, action]) => [code, { name, action }]))
const byName = new Map(rows.map(([code, name]) => [name, code]))

/** A code that is younger than this table is taken for a passing one: waited out in the open, never silently obeyed. */
export const actionOf = (code: number): Action => byCode.get(code)?.action ?? 'retry'
export const nameOf = (code: number): string => byCode.get(code)?.name ?? `error code ${code}`
export const codeOf = (name: string): number => byName.get(name)!

/** What a broker answered, where that is not success. */
export class KafkaError extends Error {
  readonly code: string
  readonly errorCode: number
  readonly action: Action
  /** Which ACL would allow it, where it is that which is missing: `Read on the topic pageviews`. */
  readonly right: string | undefined

  constructor(what: string, code: number, { right }: { readonly right?: string } = {}) {
    super(`${what}: ${nameOf(code)}`)
    this.name = 'KafkaError'
    this.right = right
    this.code = nameOf(code)
    this.errorCode = code
    this.action = actionOf(code)
  }
}

/** No broker has said anything: the way there is broken, or nobody answers. */
export class Unreached extends Error {
  override readonly name: string = 'Unreached'

  get action(): Action {
    return 'coordinator'
  }
}

/** It will be so with the next attempt, unless somebody mends it. */
export class Lasting extends Unreached {}

export const isUnreached = (error: unknown): boolean =>
  error instanceof Unreached || (error instanceof Error && error.name.startsWith('KafkaJSConnection'))

/** What to do about anything that was thrown while talking to a broker. A broken connection tells nothing about leaders. */
export const actionFor = (error: unknown): Action => {
  if (error instanceof KafkaError || error instanceof Unreached) return error.action
  const { name, type } = error as { name?: string; type?: string }
  if (name === 'KafkaJSServerDoesNotSupportApiKey') return 'refused'
  return type !== undefined && byName.has(type) ? actionOf(codeOf(type)) : 'coordinator'
}
