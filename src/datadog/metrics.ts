// Which event is which metric: the names, tags and units that Racecar's metrics have always had, so that dashboards and monitors stay as
// they are. Subscribes, and counts; how it is sent is not known here.

import type { Bus } from '../events/bus.ts'
import type { ErrorData, Partition } from '../events/events.ts'
import type { CallEnd, Produced } from '../events/local-events.ts'
import type { Kind } from './client.ts'
import type { Meter, Series } from './meter.ts'

export interface MetricsParts {
  readonly bus: Bus
  readonly meter: Meter
  readonly clientId: string
  readonly groupId: string
  /** Milliseconds since the epoch. */
  readonly epoch: () => number
}

/** Every metric that is sent; for `consumer.poll.rdkafka_error` a name of the error follows. */
export const METRICS = {
  'consumer.messages': 'count',
  'consumer.process_message.latency': 'timing',
  'consumer.process_message.errors': 'count',
  'consumer.process_batch.latency': 'timing',
  'consumer.process_batch.errors': 'count',
  'consumer.batch_size': 'histogram',
  'consumer.offset': 'gauge',
  'consumer.time_lag': 'gauge',
  'consumer.pause.duration': 'gauge',
  'consumer.loop.duration': 'histogram',
  'consumer.join_group': 'timing',
  'consumer.join_group.errors': 'count',
  'consumer.leave_group': 'timing',
  'consumer.leave_group.errors': 'count',
  'consumer.poll.rdkafka_error': 'count',
  'producer.produce.messages': 'count',
  'producer.produce.errors': 'count',
  'producer.produce.message_size': 'histogram',
  'producer.produce.message_size.sum': 'count',
  'producer.buffer.size': 'histogram',
  'producer.deliver.latency': 'timing',
  'producer.deliver.messages': 'count',
  'producer.ack.messages': 'count',
  'producer.produce.delivery.errors': 'count',
} as const satisfies Record<string, Kind>

type Name = keyof typeof METRICS

/** Answers with what takes the subscriptions back. */
export function subscribe(parts: MetricsParts): () => void {
  const offs = [...ofMessages(parts), ...ofGroup(parts), ...ofProducer(parts)]
  return () => {
    for (const off of offs) off()
  }
}

/** The series of one metric for each partition, found without making a name for it each time. */
function byPartition({ meter, clientId, groupId }: MetricsParts, name: Name): (of: Partition) => Series {
  const topics = new Map<string, Series[]>()
  return ({ topic, partition }) => {
    const all = topics.get(topic) ?? []
    if (all.length === 0) topics.set(topic, all)
    const tags = [`client:${clientId}`, `group_id:${groupId}`, `topic:${topic}`, `partition:${partition}`]
    all[partition] ??= meter.series(METRICS[name], name, tags)
    return all[partition]
  }
}

function ofMessages(parts: MetricsParts): (() => void)[] {
  const { bus } = parts
  const at = standing(parts)
  const [handled, handledBatch] = [calls(parts, 'process_message'), calls(parts, 'process_batch')]
  const batchSize = byPartition(parts, 'consumer.batch_size')
  const pauses = byPartition(parts, 'consumer.pause.duration')
  return [
    bus.on('message.handled', call => {
      handled(call, 1)
      at(call, call.offset, call.timestamp)
    }),
    bus.on('batch.handled', call => {
      handledBatch(call, call.count)
      batchSize(call).measured(call.count)
      at(call, call.lastOffset, call.lastTimestamp)
    }),
    bus.on('pause.status', status => pauses(status).set(status.pausedMs / 1000)),
  ]
}

function calls(parts: MetricsParts, handler: 'process_message' | 'process_batch') {
  const messages = byPartition(parts, 'consumer.messages')
  const latencies = byPartition(parts, `consumer.${handler}.latency`)
  const errors = byPartition(parts, `consumer.${handler}.errors`)
  return (call: Partition & CallEnd, count: number): void => {
    if (call.failed) return errors(call).add()
    latencies(call).measured(call.durationMs)
    messages(call).add(count)
  }
}

/** How far handling has come. */
function standing(parts: MetricsParts) {
  const offsets = byPartition(parts, 'consumer.offset')
  const lags = byPartition(parts, 'consumer.time_lag')
  return (of: Partition, offset: number, timestamp: number): void => {
    offsets(of).set(offset)
    // Not every message has one.
    if (timestamp >= 0) lags(of).set(Math.max(0, Math.trunc(parts.epoch() - timestamp)))
  }
}

function ofGroup({ bus, meter, clientId, groupId }: MetricsParts): (() => void)[] {
  const tags = [`client:${clientId}`, `group_id:${groupId}`]
  const of = (name: Name) => meter.series(METRICS[name], name, tags)
  const pollError = (code: string) => meter.series('count', `consumer.poll.rdkafka_error.${code}`, tags).add()
  return [
    bus.on('group.joined', ({ durationMs }) => of('consumer.join_group').measured(durationMs)),
    bus.on('group.join.failed', ({ durationMs }) => {
      of('consumer.join_group').measured(durationMs)
      of('consumer.join_group.errors').add()
    }),
    bus.on('group.left', ({ durationMs }) => of('consumer.leave_group').measured(durationMs)),
    bus.on('group.leave.failed', ({ durationMs }) => {
      of('consumer.leave_group').measured(durationMs)
      of('consumer.leave_group.errors').add()
    }),
    bus.on('fetch.failed', ({ error }) => pollError(codeOf(error))),
    bus.on('broker.unreachable', () => pollError('transport')),
    bus.on('loop.turned', ({ durationMs }) => of('consumer.loop.duration').measured(durationMs)),
  ]
}

/** Kafka's name of it, in small letters as librdkafka writes its own. */
const codeOf = ({ code }: ErrorData): string => (code ?? '').toLowerCase().replace(/\W/g, '') || 'unknown'

/** The same for each topic. */
function byTopic({ meter, clientId }: MetricsParts, name: Name): (of: Produced) => Series {
  const topics = new Map<string, Series>()
  return ({ topic }) => {
    const known = topics.get(topic)
    if (known) return known
    const made = meter.series(METRICS[name], name, [`client:${clientId}`, `topic:${topic}`])
    topics.set(topic, made)
    return made
  }
}

function ofProducer(parts: MetricsParts): (() => void)[] {
  const { bus, meter, clientId } = parts
  const messages = byTopic(parts, 'producer.produce.messages')
  const sizes = byTopic(parts, 'producer.produce.message_size')
  const bytes = byTopic(parts, 'producer.produce.message_size.sum')
  const buffer = byTopic(parts, 'producer.buffer.size')
  const errors = byTopic(parts, 'producer.produce.errors')
  const of = (name: Name) => meter.series(METRICS[name], name, [`client:${clientId}`])
  return [
    bus.on('message.queued', queued => {
      messages(queued).add()
      sizes(queued).measured(queued.bytes)
      bytes(queued).add(queued.bytes)
      buffer(queued).measured(queued.waiting)
    }),
    bus.on('message.refused', refused => errors(refused).add()),
    bus.on('messages.delivered', ({ count, durationMs }) => {
      of('producer.deliver.latency').measured(durationMs)
      of('producer.deliver.messages').add(count)
      of('producer.ack.messages').add(count)
    }),
    bus.on('message.undelivered', () => of('producer.produce.delivery.errors').add()),
  ]
}
