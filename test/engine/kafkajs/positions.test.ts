import { beforeEach, describe, expect, test } from 'vitest'
import type {
  CommitOutcome,
  OutOfRange,
  PartitionOffset,
  Subscription,
  TopicPartition,
} from '../../../src/engine/engine.ts'
import type { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { codeOf, KafkaError } from '../../../src/engine/kafkajs/codes.ts'
import type { Coordinator } from '../../../src/engine/kafkajs/coordinator.ts'
import { Origins } from '../../../src/engine/kafkajs/origins.ts'
import { Positions } from '../../../src/engine/kafkajs/positions.ts'
import type { Topology } from '../../../src/engine/kafkajs/topology.ts'
import { createBus } from '../../../src/events/bus.ts'
import type { Events } from '../../../src/events/events.ts'
import { deferred } from '../../../src/lib/deferred.ts'
import { FakeClock } from '../../support/fake-clock.ts'

interface Asked {
  readonly topics: readonly { topic: string; partitions: readonly { partition: number; timestamp?: string }[] }[]
}

const START = 100
const END = 200

let clock: FakeClock
let committed: Record<number, number>
/** What the commits carry. */
let metadata: string | null
let origins: Origins
let leaders: Record<number, number>
/** Brokers that do not answer, until it is resolved. */
let silent: Record<number, Promise<void>>
let stored: PartitionOffset[]
let outcome: CommitOutcome
let fetchFailure: (() => void) | undefined
let resets: unknown[]
let absent: Events['offsets.absent'][]
let refreshes: number
let settings: { subscriptions: Subscription[]; offsetOutOfRange: OutOfRange }
let ending: AbortController
let positions: Positions

beforeEach(() => {
  clock = new FakeClock()
  ;[committed, leaders, silent, stored, outcome, resets] = [{}, { 0: 1, 1: 2 }, {}, [], 'committed', []]
  metadata = 'rcar:2'
  origins = new Origins()
  origins.noteAll({ start: 2, end: 2 })
  fetchFailure = undefined
  ending = new AbortController()
  const link = (node: number) => ({
    async send(_: string, { topics }: Asked) {
      await silent[node]
      return {
        responses: topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, timestamp }) => {
            return { partition, errorCode: 0, offset: String(timestamp === '-2' ? START : END) }
          }),
        })),
      }
    },
  })
  const coordinator = {
    forget() {},
    async committed(topics: Asked['topics']) {
      fetchFailure?.()
      const of = (partition: number) => ({
        partition,
        errorCode: 0,
        offset: String(committed[partition] ?? -1),
        metadata,
      })
      return {
        errorCode: 0,
        responses: topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(p => of(p.partition)) })),
      }
    },
  }
  refreshes = 0
  settings = {
    subscriptions: ['start', 'end'].map(topic => ({
      topic,
      startFromBeginning: topic === 'start',
      maxBytesPerPartition: 1,
    })),
    offsetOutOfRange: 'earliest',
  }
  const topology = {
    partitionsOf: () => Object.keys(leaders).map(Number),
    leaderOf: (_: string, partition: number) => leaders[partition],
    refresh: async () => {
      refreshes += 1
    },
  }
  const bus = createBus()
  bus.on('offset.reset', event => resets.push(event))
  absent = []
  bus.on('offsets.absent', event => absent.push(event))
  positions = new Positions({
    brokers: { link, timeout: 1_000 } as unknown as Brokers,
    coordinator: coordinator as unknown as Coordinator,
    origins,
    topology: topology as unknown as Topology,
    settings,
    bus,
    clock,
    signal: ending.signal,
    onDenied: () => {},
    commit: async offsets => {
      stored.push(...offsets)
      return offsets.map(() => outcome)
    },
  })
})

const sought = (topic: string, partition: number): TopicPartition => ({ topic, partition })

const policyIs = (policy: OutOfRange) => {
  settings.offsetOutOfRange = policy
}

interface Asking {
  readonly isFresh?: boolean
  readonly wanted?: () => boolean
}

const resetFrom = (offset: number, { isFresh = false, wanted = () => true }: Asking = {}) =>
  positions.reset({ ...sought('start', 0), offset }, { isFresh, wanted })

function locate(partitions: readonly TopicPartition[], wanted: (p: TopicPartition) => boolean = () => true) {
  const found: Record<string, number> = {}
  const done = positions.locate(partitions, {
    wanted,
    found: located => {
      for (const { p, offset } of located) found[`${p.topic}/${p.partition}`] = offset
    },
  })
  return { found, done }
}

describe('the position of a partition', () => {
  test('is what is committed', async () => {
    committed = { 0: 7, 1: 0 }
    const { found, done } = locate([sought('end', 0), sought('end', 1)])
    await done
    expect(found).toEqual({ 'end/0': 7, 'end/1': 0 })
    expect(stored).toEqual([])
  })

  test('is where its topic starts, committed before it is handed over', async () => {
    const { found, done } = locate([sought('start', 0), sought('end', 1)])
    await done
    expect(found).toEqual({ 'start/0': START, 'end/1': END })
    expect(stored).toEqual([
      { topic: 'start', partition: 0, offset: START },
      { topic: 'end', partition: 1, offset: END },
    ])
  })

  for (const [name, mark, offset] of [
    ['the end of the log where the group began with it', 'rcar:2', END],
    ['the start of the log where it was added since, as a commit of another partition tells', 'rcar:1', START],
    ['the start of the log where the group has commits that do not tell', '', START],
  ] as const) {
    test(`is ${name}`, async () => {
      committed = { 0: 7 }
      metadata = mark
      const { found, done } = locate([sought('end', 1)])
      await done
      expect(found).toEqual({ 'end/1': offset })
    })
  }

  test('is the start of the log where the group has seen the topic without it, or not at all', async () => {
    origins.noteAll({ end: 1 })
    const one = locate([sought('end', 0), sought('end', 1)])
    await one.done
    expect(one.found).toEqual({ 'end/0': END, 'end/1': START })
    origins.noteAll({ end: 0 })
    const none = locate([sought('end', 0)])
    await none.done
    expect(none.found).toEqual({ 'end/0': START })
  })

  test('is the start of the log where its topic was not there, as a commit of another topic tells', async () => {
    committed = { 0: 7 }
    metadata = 'rcar:2 end gone'
    const { found, done } = locate([sought('start', 0), sought('end', 1)])
    await done
    expect(found).toEqual({ 'start/0': 7, 'end/1': START })
    expect(['start', 'end'].map(topic => origins.markOf(topic))).toEqual(['rcar:2 end', 'rcar:0'])
  })

  test('is not handed over before its commit is stored', async () => {
    outcome = 'retry'
    const { found, done } = locate([sought('end', 0)])
    await clock.advance(1_000)
    expect(found).toEqual({})
    outcome = 'committed'
    await clock.when(done)
    expect(found).toEqual({ 'end/0': END })
  })

  test('is found although the broker of another does not answer, and that one when it does', async () => {
    const back = deferred()
    silent[2] = back.promise
    const { found, done } = locate([sought('start', 0), sought('start', 1)])
    await clock.advance(10_000)
    expect(found).toEqual({ 'start/0': START })
    delete silent[2]
    back.reject(new Error('did not answer'))
    await clock.when(done)
    expect(found).toEqual({ 'start/0': START, 'start/1': START })
  })

  test('is looked for until there is a leader', async () => {
    delete leaders[0]
    const { found, done } = locate([sought('start', 0), sought('start', 1)])
    await clock.advance(10_000)
    expect(found).toEqual({ 'start/1': START })
    leaders[0] = 2
    await clock.when(done)
    expect(found).toEqual({ 'start/0': START, 'start/1': START })
  })

  test('is not looked for any more when it is not wanted, nor after the end', async () => {
    leaders = {}
    let wanted = true
    const given = locate([sought('start', 0)], () => wanted)
    const ended = locate([sought('start', 1)])
    await clock.advance(500)
    wanted = false
    await clock.when(given.done)
    ending.abort()
    await ended.done
    expect(clock.pending).toBe(0)
  })

  test('is asked for again when the coordinator could not say', async () => {
    let failures = 3
    fetchFailure = () => {
      if (failures-- > 0) throw new KafkaError('committed offsets', codeOf('COORDINATOR_LOAD_IN_PROGRESS'))
    }
    committed = { 0: 7 }
    const { found, done } = locate([sought('start', 0)])
    await clock.when(done)
    expect(found).toEqual({ 'start/0': 7 })
  })
})

describe('a position that the log does not hold', () => {
  for (const [policy, name, position, to] of [
    ['earliest', 'before its start', 40, START],
    ['earliest', 'behind its end', 300, START],
    ['latest', 'before its start', 40, END],
    ['latest', 'behind its end', 300, END],
    ['nearest', 'before its start', 40, START],
    ['nearest', 'behind its end', 300, END],
  ] as const) {
    test(`${name} goes on where ${policy} says, and what that skips is told`, async () => {
      policyIs(policy)
      const reset = { ...sought('start', 0), from: position, to, skipped: to - position, start: START, end: END }
      expect(await resetFrom(position)).toEqual(reset)
      expect(resets).toEqual([reset])
    })
  }

  for (const [name, position] of [
    ['before its start', 40],
    ['behind its end', 300],
  ] as const) {
    test(`${name} goes on nowhere with fail, and the words say what is where`, async () => {
      policyIs('fail')
      const said = `start/0 is to go on at offset ${position}, which its log does not hold: it begins at 100 and ends at 200`
      await expect(resetFrom(position)).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        exitCode: 78,
        message: said,
      })
      expect([resets, stored]).toEqual([[], []])
    })
  }

  test('is not moved on before that is stored, where nothing has been handed over yet', async () => {
    outcome = 'retry'
    expect(await resetFrom(40, { isFresh: true })).toBeUndefined()
    expect(resets).toEqual([])
    outcome = 'committed'
    expect(await resetFrom(40, { isFresh: true })).toMatchObject({ to: START })
    expect(stored).toEqual(Array(2).fill({ topic: 'start', partition: 0, offset: START }))
  })

  test('leaves to whoever has it what has been fetched before it, which is to be committed first', async () => {
    await resetFrom(40)
    expect(stored).toEqual([])
  })

  test('is of another log when the topic was made again: then it is nothing to this one', async () => {
    policyIs('latest')
    const isCurrent = { isFresh: true, wanted: () => refreshes === 0 }
    expect(await resetFrom(300, isCurrent)).toBeUndefined()
    expect([resets, stored]).toEqual([[], []])
    // Below the start there is no need to ask.
    expect(await resetFrom(40, { wanted: () => refreshes === 1 })).toBeDefined()
  })

  test('stays where it is when the log holds it after all', async () => {
    for (const position of [START, 150, END]) expect(await resetFrom(position)).toBeUndefined()
    expect(resets).toEqual([])
  })

  test('is left alone where nobody can say', async () => {
    delete leaders[0]
    await expect(resetFrom(40)).rejects.toThrow('no leader')
  })
})
