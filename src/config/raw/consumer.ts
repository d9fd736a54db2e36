// librdkafka's names for a consumer, and those of Java's that mean the same.

import { topicNames } from './entries.ts'
import { asNumber, fromKilobytes, fromMs, isOfTopic, isOption, isRefused, isSo, type RawName } from './fate.ts'

const intervals = {
  words: 'a number of milliseconds above 0, which would be never (offset_commit_interval: 0 commits after each)',
  of: (value: string) => (Number(value) > 0 ? Number(value) / 1000 : undefined),
}

export const consumerNames: readonly RawName[] = [
  isOption('group.id', 'groupId'),
  isOption('group.instance.id', 'groupInstanceId', undefined, "the slot's number is appended"),
  isOption('partition.assignment.strategy', 'partitionAssignmentStrategy'),
  isOption('session.timeout.ms', 'sessionTimeout', fromMs),
  isOption('heartbeat.interval.ms', 'heartbeatInterval', fromMs),
  isOption('max.poll.interval.ms', 'maxPollInterval', fromMs),
  isOption('auto.commit.interval.ms', 'offsetCommitInterval', intervals),
  isOption('queued.min.messages', 'minMessageQueueSize', asNumber),
  isOption('queued.max.messages.kbytes', 'prefetchMaxBytes', fromKilobytes),
  isOption('fetch.wait.max.ms fetch.max.wait.ms', 'maxWaitTime', fromMs),
  isOption('fetch.min.bytes', 'fetchMinBytes', asNumber),
  isOption('fetch.max.bytes', 'maxBytes', asNumber),
  isOption('max.poll.records', 'fetchMessages', asNumber),
  ...Object.entries(topicNames).map(([name, setting]) => isOfTopic(name, setting)),

  isSo(
    'enable.auto.commit auto.commit.enable',
    'true',
    'what has been handled is committed, and there is no other way to commit; see synchronous_commits',
  ),
  isSo(
    'enable.auto.offset.store',
    'false',
    'an offset counts when its message has been handled, not when it was fetched',
  ),
  isSo('isolation.level', 'read_committed', 'aborted transactions are never handed over'),
  isSo('check.crcs', 'true', 'checksums are always looked at'),
  isSo('enable.partition.eof', 'false', 'the end of a partition is no event'),
  isSo('offset.store.method', 'broker', 'offsets are in Kafka alone'),
  isSo('group.protocol', 'classic', 'the protocol consumer (KIP-848) is not built'),
  isSo('group.protocol.type', 'consumer', 'there is no other'),
  isRefused('group.remote.assignor', 'it belongs to the protocol consumer (KIP-848), which is not built'),
  isRefused('coordinator.query.interval.ms', 'the coordinator is looked for as soon as it does not answer'),
  isRefused('fetch.queue.backoff.ms', 'a fetch starts as soon as there is room: set prefetch_max_bytes'),
  isRefused('fetch.error.backoff.ms', 'a partition that cannot be fetched is asked for again after half a second'),
  isRefused('offset.store.path offset.store.sync.interval.ms', 'offsets are in Kafka alone'),
  isRefused('consume.callback.max.messages', 'set fetch_messages'),
  isRefused('share.acknowledgement.mode', 'share groups are not built'),
  isRefused('consume_cb', 'it is a function of C: write the method process or processBatch'),
  isRefused('rebalance_cb', 'it is a function of C: write the methods onPartitionsAssigned and onPartitionsRevoked'),
  isRefused('offset_commit_cb', 'it is a function of C: commits are an event of the log at log_level debug'),
]
