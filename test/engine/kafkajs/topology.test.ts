import { beforeEach, describe, expect, test } from 'vitest'
import type { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import type { MetadataAnswer } from '../../../src/engine/kafkajs/metadata.ts'
import { Topology } from '../../../src/engine/kafkajs/topology.ts'
import { createBus } from '../../../src/events/bus.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const MAX_AGE = 30_000

class FakeBrokers {
  readonly asked: (readonly string[])[] = []
  /** By topic: the leaders of its partitions, or an error. */
  topics: Record<string, number[] | string> = { a: [1, 2] }
  ids: Record<string, string> = {}
  isDown = false

  async metadata(topics: readonly string[]): Promise<MetadataAnswer> {
    this.asked.push(topics)
    if (this.isDown) throw new Error('nobody there')
    const topicMetadata = topics.map(topic => {
      const known = this.topics[topic] ?? 'UNKNOWN_TOPIC_OR_PARTITION'
      const leaders = typeof known === 'string' ? [] : known
      return {
        topic,
        ...(this.ids[topic] === undefined ? {} : { topicId: this.ids[topic] }),
        topicErrorCode: typeof known === 'string' ? codeOf(known) : 0,
        partitionMetadata: leaders.map((leader, partitionId) => ({ partitionId, leader, partitionErrorCode: 0 })),
      }
    })
    return { clusterId: null, controllerId: -1, brokers: [], topicMetadata }
  }
}

let clock: FakeClock
let brokers: FakeBrokers
let missing: string[]
let remade: string[]
let seen: number
let denied: unknown[]
let topology: Topology

beforeEach(() => {
  clock = new FakeClock()
  brokers = new FakeBrokers()
  missing = []
  remade = []
  denied = []
  seen = 0
  const bus = createBus()
  bus.on('topic.missing', ({ topic }) => missing.push(topic))
  topology = new Topology({
    brokers: brokers as unknown as Brokers,
    maxAge: MAX_AGE,
    bus,
    clock,
    onRemade: topic => remade.push(topic),
    onSeen: () => {
      seen += 1
    },
    onDenied: error => denied.push(error),
  })
})

describe('what is known of the topics', () => {
  test('is asked for once, and again when it has grown old', async () => {
    await topology.know(['a'])
    await topology.know(['a'])
    expect(brokers.asked).toEqual([['a']])
    expect(topology.partitionsOf('a')).toEqual([0, 1])
    expect([topology.leaderOf('a', 1), topology.leaderOf('a', 2)]).toEqual([2, undefined])
    await clock.advance(MAX_AGE)
    expect(brokers.asked).toHaveLength(2)
    expect(seen).toBe(2)
  })

  test('is of another topic when its id is another, whether or not it was missed in between', async () => {
    for (const id of ['one', 'one', undefined, 'two']) {
      brokers.ids = id === undefined ? {} : { a: id }
      await topology.know(['a'])
      await topology.refresh({ now: true })
      if (id !== 'two') expect(remade).toEqual([])
    }
    expect(remade).toEqual(['a'])
    brokers.topics = {}
    await clock.advance(MAX_AGE)
    brokers.topics = { a: [1, 2] }
    brokers.ids = { a: 'three' }
    await clock.advance(MAX_AGE)
    expect(remade).toEqual(['a', 'a'])
  })

  test('is asked for again by the next who wants to know, when nobody has answered', async () => {
    brokers.isDown = true
    await expect(topology.know(['a'])).rejects.toThrow('nobody there')
    brokers.isDown = false
    await topology.know(['a'])
    expect(topology.counts()).toEqual(new Map([['a', 2]]))
  })

  test('is not asked for in a storm, however many find it stale', async () => {
    await topology.know(['a'])
    let done = 0
    for (let at = 0; at < 1_000; at += 10) {
      void topology.refresh().then(() => done++)
      await clock.advance(10)
    }
    await clock.advance(250)
    expect(done).toBe(100)
    expect(brokers.asked.length).toBeLessThanOrEqual(6)
  })

  test('stays through a passing error', async () => {
    await topology.know(['a'])
    for (const error of ['LEADER_NOT_AVAILABLE', 'UNKNOWN_SERVER_ERROR']) {
      brokers.topics.a = error
      await topology.refresh({ now: true })
      expect(topology.counts()).toEqual(new Map([['a', 2]]))
    }
    expect(missing).toEqual([])
  })

  test('is asked for once more by all together who want to know how it is now', async () => {
    await topology.know(['a'])
    const asked = brokers.asked.length
    const all = Array.from({ length: 600 }, () => topology.refresh({ now: true }))
    await clock.when(Promise.all(all))
    expect(brokers.asked.length - asked).toBe(2)
  })

  test('stays when a broker that lags behind does not know a topic, and goes when none knows it for longer', async () => {
    await topology.know(['a'])
    brokers.topics = {}
    await topology.refresh({ now: true })
    expect(topology.counts().get('a')).toBe(2)
    brokers.topics = { a: [1, 2] }
    await topology.refresh({ now: true })
    brokers.topics = {}
    await clock.advance(5_000)
    await topology.refresh({ now: true })
    expect([topology.counts().get('a'), missing]).toEqual([2, []])
    await clock.advance(2_000)
    expect([topology.counts().get('a'), missing]).toEqual([undefined, ['a']])
    await clock.advance(10_000)
    expect(missing).toEqual(['a'])
  })

  test('grows by a topic that comes late, which is looked for every two seconds and named once', async () => {
    await topology.know(['late'])
    await clock.advance(5_000)
    expect(missing).toEqual(['late'])
    brokers.topics.late = [1]
    await clock.advance(2_000)
    expect(topology.partitionsOf('late')).toEqual([0])
    const asked = brokers.asked.length
    await clock.advance(10_000)
    expect(brokers.asked).toHaveLength(asked)
  })

  test('is none of our business where it is not allowed', async () => {
    brokers.topics.a = 'TOPIC_AUTHORIZATION_FAILED'
    await topology.know(['a'])
    expect(denied).toMatchObject([{ code: 'TOPIC_AUTHORIZATION_FAILED', action: 'denied' }])
  })

  test('is known to be denied, and not any more once it is allowed; one that is not needed is no trouble of others', async () => {
    brokers.topics.a = 'TOPIC_AUTHORIZATION_FAILED'
    await topology.know(['a'], { needed: false })
    expect([denied, topology.deniedOf('a')?.right]).toEqual([[], 'Read on the topic a'])
    brokers.topics.a = [1]
    await topology.refresh({ now: true })
    expect(topology.deniedOf('a')).toBeUndefined()
  })

  test('is not asked for any more once it is closed, and no timer is left', async () => {
    await topology.know(['a'])
    void topology.refresh()
    topology.close()
    await clock.advance(2 * MAX_AGE)
    expect(brokers.asked).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })
})
