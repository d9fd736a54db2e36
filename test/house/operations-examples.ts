// The events whose lines OPERATIONS.md quotes. What becomes of them in words is for src/observe/sentences.ts to say; sentences that
// come from elsewhere are taken from there.
import { MessageDeliveryError } from '../../src/delivery-error.ts'
import { type ErrorCode, errorCodes } from '../../src/errors.ts'
import type { EventName, Events, LastHeard } from '../../src/events/events.ts'
import { withCure } from '../../src/lib/sentence.ts'
import { endedBy } from '../../src/supervisor/verdict.ts'

type Example = { [N in EventName]: readonly [name: N, data: Events[N]] }[EventName]

const worker = { slot: 'GeoCodingConsumer/1', pid: 5012 }
const first = { slot: 'GeoCodingConsumer/0', pid: 5012 }
const groupId = 'geo-coding-consumer'
const at = (partition: number, offset: number) => ({ topic: 'pageviews', partition, offset })
const message = (offset: number) => ({ ...at(1, offset), lastOffset: offset })
const error = (text: string, name = 'Error') => ({ name, message: text })
const letters = 'pageviews.dead-letter'
const noRoute = {
  ...message(79305),
  error: {
    ...error('no route to host'),
    stack:
      'Error: no route to host\n    at GeoCodingConsumer.process (/srv/app/src/consumers/geo-coding-consumer.ts:14:11)',
  },
}
const waiting = (delay: number) =>
  ({ next: 'retry-topic', pauseMs: delay * 1000, to: `pageviews.retry-${delay}s.geo-coding-consumer` }) as const
const curedOf = (code: ErrorCode, text: string) => withCure(text, errorCodes[code].cure)
const failed = (code: ErrorCode, text: string) => `failed: ${curedOf(code, text)}`

const had = (offset: number, forMs: number, agoMs: number, megabytes: number): LastHeard => ({
  ...{ agoMs, more: 0, memoryBytes: megabytes * 2 ** 20 },
  inHand: [{ ...message(offset), forMs }],
})
const exited = (why: string, last?: LastHeard) =>
  ['slot.exited', { ...worker, code: 1, signal: null, why, ...(last && { last }) }] as const
const ended = (exitCode: number, why: string) => ['primary.stopped', { exitCode, why }] as const

const aborted = endedBy({ code: null, signal: 'SIGABRT' })
const silent = had(79911, 0, 30_000, 84)
const { name, message: text } = new MessageDeliveryError({
  ...{ topic: 'pageviews-with-country', count: 1, timedOut: true },
  cause: Object.assign(new Error('the topic pageviews-with-country does not exist'), {
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
  }),
})
const undelivered = error(text, name)
const neverSettled = 'its handler has not settled 30 s after its signal aborted'
const fenced = `another process has joined the group ${groupId} as shop-0`
const denied = `Kafka does not allow it: joining the group ${groupId}: GROUP_AUTHORIZATION_FAILED (it takes the ACL Read on the group ${groupId})`
const shortSession = `Kafka does not accept it: joining the group ${groupId}: INVALID_SESSION_TIMEOUT (option session_timeout, which the brokers bound by group.min.session.timeout.ms and group.max.session.timeout.ms)`
const strategies = `the members of the group ${groupId} use none of the strategies range`
const lz4 =
  'pageviews/1 holds at offset 79911 what is compressed with lz4, but the package lz4-napi cannot be loaded: Cannot find native binding'
const log = { start: 80_000, end: 91_000 }
const reset = (from: number, to: number) =>
  ['offset.reset', { topic: 'pageviews', partition: 1, from, to, skipped: to - from, ...log }] as const
const outOfRange =
  'pageviews/1 is to go on at offset 79305, which its log does not hold: it begins at 80000 and ends at 91000'
const noDatabase = 'src/consumers/geo-coding-consumer.ts could not be loaded: Error: no database'
const loop = 'GeoCodingConsumer/1 crashed 5 times within 60 s and was given up; at first it failed: Error: no database'

export const examples: readonly Example[] = [
  ['group.crowded', { groupId, members: 5, partitions: 4 }],
  ['message.failed', { ...noRoute, attempt: 7, attempts: null, next: 'again', pauseMs: 10_000, to: null }],
  ['message.failed', { ...noRoute, attempt: 4, attempts: 4, next: 'stop', pauseMs: null, to: null }],
  ['partition.stands', { ...at(1, 79305), why: 'given up after 4 attempts: no route to host', forMs: 300_000 }],
  ['partition.resumed', at(1, 79305)],
  ['message.failed', { ...noRoute, attempt: 1, attempts: 3, ...waiting(60) }],
  [
    'message.failed',
    {
      ...noRoute,
      ...{ topic: 'pageviews.retry-60s.geo-coding-consumer', offset: 17, lastOffset: 17, origin: at(1, 79305) },
      ...{ attempt: 2, attempts: 3, ...waiting(600) },
    },
  ],
  ['message.failed', { ...noRoute, attempt: 4, attempts: 4, next: 'skip', pauseMs: null, to: null }],
  ['message.skipped', { ...at(1, 79305), reason: 'errors', times: 4 }],
  ['message.failed', { ...noRoute, attempt: 4, attempts: 4, next: 'dead-letter', pauseMs: null, to: letters }],
  ['message.dead.lettered', { ...at(1, 79305), to: letters, reason: 'errors', times: 4 }],
  [
    'message.convicted',
    { ...at(1, 79305), consumer: 'GeoCodingConsumer', crashes: 3, whys: [aborted, aborted, aborted], follows: 'stop' },
  ],
  ['partition.stopped', { ...at(1, 79305), consumer: 'GeoCodingConsumer', crashes: 3, why: aborted, forMs: 300_000 }],
  ['message.skipped', { ...at(1, 79305), reason: 'crashes', times: 3 }],
  ['message.dead.lettered', { ...at(1, 79305), to: letters, reason: 'crashes', times: 3 }],
  ['dead.letter.waiting', { ...at(1, 79305), to: letters, waitingMs: 5000 }],
  [
    'fetch.failed',
    { ...at(2, 79911), error: error('the CRC-32C of the batch at offset 79911 is wrong'), unreadable: true },
  ],
  ended(78, `GeoCodingConsumer/0 ${failed('CODEC_MISSING', lz4)}`),
  ['delivery.failed', { count: 1, error: undelivered }],
  [
    'message.failed',
    {
      ...{ ...message(79305), attempt: 1, attempts: null, next: 'again', pauseMs: 10_000, to: null },
      error: undelivered,
    },
  ],
  exited('failed: Error: no database', had(79305, 940, 10, 61)),
  ['slot.restarting', { slot: worker.slot, inMs: 4000, crashes: 4 }],
  ['slot.given.up', { slot: worker.slot, crashes: 5, withinMs: 60_000 }],
  ended(1, loop),
  ['slot.restarting', { slot: worker.slot, inMs: 0, crashes: 1 }],
  ['slot.hung', { ...worker, limitMs: 30_000, last: silent }],
  ['slot.killed', { ...worker, why: 'its event loop did not turn within hang_timeout' }],
  exited('did not answer within hang_timeout (30 s) and was killed', silent),
  ['handler.overdue', { ...at(1, 79911), runningMs: 300_000 }],
  ['handler.given.up', { ...at(1, 79911), runningMs: 330_000, why: neverSettled }],
  exited(failed('HANDLER_STUCK', `pageviews/1 at offset 79911: ${neverSettled}`), had(79911, 330_000, 10, 62)),
  exited('was not up within boot_timeout (60 s) and was killed'),
  exited(aborted, had(79911, 0, 720, 61)),
  exited(endedBy({ code: null, signal: 'SIGKILL' }), had(79911, 0, 20, 203)),
  ['slot.recycling', { ...worker, reason: 'it has 412 MB of memory, more than max_worker_memory (381 MB)' }],
  [
    'broker.unreachable',
    {
      ...{ broker: 'localhost:9092', waitingMs: 3200 },
      error: error('Connection error: connect ECONNREFUSED 127.0.0.1:9092', 'KafkaJSConnectionError'),
    },
  ],
  ['broker.reachable', { afterMs: 35_000 }],
  [
    'broker.unreachable',
    {
      ...{ broker: 'kafka-1:9093', waitingMs: 0 },
      error: error('the certificate of kafka-1:9093, or of who has signed it, has expired', 'TlsError'),
    },
  ],
  [
    'broker.unreachable',
    {
      ...{ broker: 'kafka-1:9093', waitingMs: 30_000 },
      error: error(
        'the certificate of kafka-1:9093 is for DNS:localhost, and not for kafka-1: reach it by that name, or set ssl_verify_hostname to false',
        'TlsError',
      ),
    },
  ],
  [
    'broker.unreachable',
    {
      ...{ broker: 'kafka-1:9093', waitingMs: 0 },
      error: error(
        'kafka-1:9093 does not let us in as geo-coding by SCRAM-SHA-512: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512. Look at sasl_username and sasl_password',
        'SaslError',
      ),
    },
  ],
  ['group.lost', { groupId, reason: 'UNKNOWN_MEMBER_ID', partitions: [{ topic: 'pageviews', partition: 1 }] }],
  [
    'restart.failed',
    {
      slot: null,
      replaced: 0,
      left: 5,
      why: 'src/consumers/geo-coding-consumer.ts:23:8: Expected ";" but found "error"',
    },
  ],
  ['restart.failed', { slot: first.slot, replaced: 0, left: 5, why: failed('LOAD_FAILED', noDatabase) }],
  ['handler.given.up', { ...at(1, 79911), runningMs: 28_000, why: 'the worker stops' }],
  ended(2, 'GeoCodingConsumer/1 gave up something that it had in hand'),
  reset(79_305, 80_000),
  reset(95_000, 80_000),
  reset(79_305, 91_000),
  ['offsets.absent', { partitions: [at(1, 80_000)], edge: 'start' }],
  ended(78, `GeoCodingConsumer/0 ${failed('OFFSET_OUT_OF_RANGE', outOfRange)}`),
  ['topic.remade', { topic: 'pageviews' }],
  ['topic.missing', { topic: 'pageviews' }],
  ['group.rebalancing', { groupId, reason: 'the group is rebalancing' }],
  ['group.shared', { groupId, members: ['console-consumer-17'], topics: ['orders'] }],
  ['slot.exited', { ...first, code: 76, signal: null, why: failed('FENCED', fenced) }],
  ['slot.renamed', { slot: first.slot, was: 'shop-0', instanceId: 'shop-3bb2d317-0', why: '' }],
  ['slot.exited', { ...first, code: 77, signal: null, why: failed('NOT_ALLOWED', denied) }],
  ended(78, `GeoCodingConsumer/0 ${failed('CONFIG', shortSession)}`),
  ended(78, `GeoCodingConsumer/0 ${failed('GROUP_PROTOCOL', strategies)}`),
  ['orphans.awaited', { pids: [5012], graceMs: 25_000 }],
  ['orphan.killed', { pid: 5012 }],
  ['orphans.evicted', { groupId, instanceIds: ['shop-0', 'shop-1'] }],
  ['primary.quiet', { by: 'racecarctl', consumers: ['GeoCodingConsumer'], partitions: [] }],
  ['primary.continued', { by: 'racecarctl', consumers: ['GeoCodingConsumer'], partitions: [] }],
  ['partitions.assigned', { partitions: [at(1, 79306)] }],
]
