// librdkafka's names for a producer, and those of Java's that mean the same.

import { fromMs, isOption, isRefused, isSo, isSwitch, type RawName } from './fate.ts'

const QUEUE = 'no further message is started while 32 MiB, or 20,000 records, wait to be delivered'
const BATCH = 'records that are queued while a request is under way go together with the next one: leave it out'

export const producerNames: readonly RawName[] = [
  isOption('message.timeout.ms delivery.timeout.ms', 'messageTimeout', fromMs),
  isOption('compression.codec compression.type', 'producerCompressionCodec'),
  isOption('partitioner', 'partitioner'),
  isSwitch('enable.idempotence', 'whether the producer is idempotent: true, the default, or false'),

  isSo(
    'acks request.required.acks',
    'all -1',
    'no offset is committed before all replicas that are in sync have what was produced',
  ),
  isSo('linger.ms queue.buffering.max.ms', '0', BATCH),
  isSo('queuing.strategy', 'fifo', 'records are stored in the order of produce()'),
  isSo(
    'retries message.send.max.retries',
    '2147483647',
    'a delivery is tried until its time is over: set message_timeout',
  ),
  isRefused('request.timeout.ms', 'brokers have socket_timeout: set that'),
  isRefused('transactional.id transaction.timeout.ms', 'there are no transactions'),
  isRefused('enable.gapless.guarantee', 'what cannot be delivered has its messages handled again: leave it out'),
  isRefused('queue.buffering.max.messages queue.buffering.max.kbytes queue.buffering.backpressure.threshold', QUEUE),
  isRefused('batch.num.messages batch.size sticky.partitioning.linger.ms', BATCH),
  isRefused('compression.level', 'each codec has its own default level'),
  isRefused('delivery.report.only.error produce.offset.report', 'deliver() says what became of a record'),
  isRefused('dr_cb dr_msg_cb', 'it is a function of C: await deliver()'),
  isRefused('partitioner_cb', 'it is a function of C: set partitioner, or give produce() the partition'),
  isRefused('msg_order_cmp', 'records are stored in the order of produce()'),
]
