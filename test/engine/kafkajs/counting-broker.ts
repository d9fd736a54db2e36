// A cluster of one broker that counts its producers' records as Apache Kafka's does, without a wire: it says what was stored, and
// fails, stores or stays silent on command.

import type { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { codeOf, Unreached } from '../../../src/engine/kafkajs/codes.ts'
import { Producer } from '../../../src/engine/kafkajs/producer.ts'
import type { Topology } from '../../../src/engine/kafkajs/topology.ts'
import { createBus } from '../../../src/events/bus.ts'
import type { Clock } from '../../../src/lib/clock.ts'

interface Message {
  readonly value: Buffer
}

interface Share {
  readonly partition: number
  readonly firstSequence: number
  readonly messages: readonly Message[]
}

interface Request {
  readonly producerId?: string
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly Share[] }[]
}

interface Count {
  last: number
  batches: { first: number; last: number; offset: number }[]
}

/** What happens to one request: it is lost on its way, its answer is, or it is answered with this code and not stored. */
export type Fault =
  | 'none'
  | 'request lost'
  | 'answer lost'
  | 'timed out'
  | { readonly code: string; readonly unlessStored?: boolean }

const TOPIC = 't'
const ALIVE = 1
const DEAD = 2
const AT = 2 ** 31

export class CountingBroker {
  logs: string[][] = []
  readonly requests: Request[] = []
  readonly renewals: string[] = []
  readonly plain: string[] = []
  readonly onStored: { offset: number; values: string }[] = []
  broken = 0
  ids = 0
  /** How often it was asked who leads what. That is answered at the end of time. */
  refreshes = 0
  /** To the next requests, one each. */
  faults: Fault[] = []
  /** What InitProducerId is answered with. */
  whenAsked: () => number = () => 0
  mayCount = true
  /** The partitions that are led by another broker, which takes no connection. */
  readonly refusing = new Set<number>()
  /** Nothing is answered before. */
  holding: Promise<void> = Promise.resolve()
  readonly producer: Producer
  readonly #counts = new Map<string, Count>()

  constructor({
    clock,
    partitions = 1,
    idempotent = true,
  }: { clock: Clock; partitions?: number; idempotent?: boolean }) {
    const bus = createBus()
    bus.on('producer.renewed', ({ why }) => this.renewals.push(why))
    bus.on('producer.plain', ({ error }) => this.plain.push(error.message))
    this.make(partitions)
    const link = {
      open: async () => {},
      send: (api: string, args: object) => this.#answer(api, args),
      break: () => this.broken++,
    }
    const refuses = () => Promise.reject(new Unreached('refused'))
    const refusing = { ...link, open: refuses, send: refuses }
    const brokers = {
      timeout: 1000,
      any: async () => link,
      link: (node: number) => (node === DEAD ? refusing : link),
      knows: () => true,
    }
    const topology = {
      know: async () => {},
      refresh: () => {
        this.refreshes++
        return new Promise<void>(() => {})
      },
      partitionsOf: (topic: string) => (topic === TOPIC ? [...this.logs.keys()] : []),
      leaderOf: (_: string, partition: number) => (this.refusing.has(partition) ? DEAD : ALIVE),
    }
    this.producer = new Producer({
      brokers: brokers as unknown as Brokers,
      topology: topology as unknown as Topology,
      onStored: ({ offset }, records) =>
        this.onStored.push({ offset, values: records.map(({ value }) => String(value)).join(' ') }),
      bus,
      clock,
      idempotent,
      partitioner: 'consistent_random',
      compression: 'none',
    })
  }

  /** The topic, anew. */
  make(partitions: number): void {
    this.logs = Array.from({ length: partitions }, () => [])
    this.#counts.clear()
  }

  async #answer(api: string, args: object): Promise<unknown> {
    await Promise.resolve()
    if (api === 'InitProducerId')
      return { errorCode: this.whenAsked(), producerId: String(++this.ids), producerEpoch: 0 }
    const request = args as Request
    this.requests.push(request)
    const fault = this.faults.shift() ?? 'none'
    const topics = fault === 'request lost' ? [] : this.#take(request, fault)
    await this.holding
    if (fault === 'request lost' || fault === 'answer lost') throw new Unreached('lost')
    return { topics }
  }

  #take(request: Request, fault: Fault) {
    return request.topicData.map(({ topic, partitions }) => ({
      topicName: topic,
      partitions: partitions.map(share => ({ partition: share.partition, ...this.#store(request, share, fault) })),
    }))
  }

  #store({ producerId }: Request, share: Share, fault: Fault): { errorCode: number; baseOffset: string } {
    const isStored = this.logs[share.partition]!.includes(String(share.messages[0]!.value))
    if (typeof fault === 'object' && !(fault.unlessStored && isStored)) return refuse(fault.code)
    if (producerId !== undefined && !this.mayCount) return refuse('CLUSTER_AUTHORIZATION_FAILED')
    const log = this.logs[share.partition]!
    const stored = producerId === undefined ? append(log, share) : this.#counted(log, producerId, share)
    return fault === 'timed out' && stored.errorCode === 0 ? refuse('REQUEST_TIMED_OUT') : stored
  }

  #counted(log: string[], producerId: string, share: Share): { errorCode: number; baseOffset: string } {
    const key = `${producerId}/${share.partition}`
    const first = share.firstSequence
    const last = (first + share.messages.length - 1) % AT
    const count = this.#counts.get(key) ?? { last: first - 1, batches: [] }
    this.#counts.set(key, count)
    const same = count.batches.find(batch => batch.first === first && batch.last === last)
    if (same) return { errorCode: 0, baseOffset: String(same.offset) }
    if (first !== (count.last + 1) % AT) return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER')
    const stored = append(log, share)
    count.last = last
    count.batches = [...count.batches, { first, last, offset: Number(stored.baseOffset) }].slice(-5)
    return stored
  }
}

function append(log: string[], { messages }: Share): { errorCode: number; baseOffset: string } {
  const baseOffset = String(log.length)
  log.push(...messages.map(({ value }) => String(value)))
  return { errorCode: 0, baseOffset }
}

const refuse = (code: string) => ({ errorCode: codeOf(code), baseOffset: '-1' })
