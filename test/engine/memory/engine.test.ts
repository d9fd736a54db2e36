// What the contract leaves open, or what no broker can be brought to do in a test: of the engine in memory alone.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deferred } from '../../../src/lib/deferred.ts'
import type { Probe } from '../../contract/probe.ts'
import { range, SESSION, values, World } from '../../contract/world.ts'
import { MemoryHarness } from './harness.ts'

const HOUR = 3_600_000

describe('the engine in memory', () => {
  let harness: MemoryHarness
  let world: World
  let topic: string

  beforeEach(async () => {
    harness = new MemoryHarness()
    world = new World(harness)
    topic = await harness.createTopic(4)
  })

  afterEach(() => world.close())

  it('lives through a day in the time its timers take, and ends it as it began', async () => {
    const first = await world.join({ topic, settings: { heartbeatInterval: 3_000, metadataMaxAge: 60_000 } })
    const second = await world.join({ topic, settings: { heartbeatInterval: 3_000, metadataMaxAge: 60_000 } })
    await world.balanced([
      [first, 2],
      [second, 2],
    ])
    const { generation } = first
    for (const hour of range(0, 24)) {
      await harness.clock.advance(HOUR)
      for (const partition of range(0, 4)) await harness.produce(topic, partition, [`hour ${hour}`])
    }
    await harness.until('all hours', () => first.seen.length + second.seen.length === 96)
    expect(harness.clock.now()).toBeGreaterThanOrEqual(24 * HOUR)
    expect([first.generation, second.generation]).toEqual([generation, generation])
    expect([first.losses, second.losses]).toEqual([[], []])
  })

  it('leaves nothing on the clock when it has stopped, whether it could say so or not', async () => {
    const leaves = await world.join({ topic })
    await leaves.stop(true)
    await harness.clock.advance(10)
    expect(harness.clock.pending).toBe(0)
    const isCut = await world.join({ topic })
    await harness.cut(isCut.engine)
    await isCut.stop(true, 1_000)
    await harness.clock.advance(SESSION)
    expect(harness.clock.pending).toBe(0)
    expect(harness.cluster.group(world.groupId()).members).toEqual([])
  })

  it('stops at its deadline when no answer ever comes', async () => {
    const probe = await world.join({ topic })
    await probe.crash()
    const since = harness.clock.now()
    await probe.stop(true, 1_000)
    expect(harness.clock.now() - since).toBe(1_000)
  })

  it('waits out an outage of the whole cluster and keeps its membership, though it lasts longer than the session', async () => {
    const probe = await world.join({ topic })
    const { generation } = probe
    harness.cluster.outage()
    await harness.until('the lease to end', () => !probe.engine.mayStart())
    await harness.clock.advance(10 * SESSION)
    expect(probe.events('broker.unreachable')).toHaveLength(1)
    harness.cluster.recover()
    await harness.produce(topic, 0, values(3))
    await harness.until('records', () => probe.seen.length === 3 && probe.engine.mayStart())
    expect([probe.losses, probe.generation]).toEqual([[], generation])
    expect(probe.events('broker.reachable')).toHaveLength(1)
  })

  it('starts once the cluster can be reached', async () => {
    harness.cluster.outage()
    const probe = await world.begin({ topic })
    await harness.clock.advance(HOUR)
    expect(probe.assignments).toEqual([])
    harness.cluster.recover()
    await harness.when(probe.started)
    expect(probe.partitions).toEqual([0, 1, 2, 3])
  })

  it('may start nothing after its process was stopped for a session, before it has beaten', async () => {
    const probe = await world.join({ topic, instance: 'sleeper' })
    let couldStart: boolean | undefined
    harness.clock.after(0, () => {
      couldStart = probe.engine.mayStart()
    })
    await harness.clock.jump(SESSION)
    expect(couldStart).toBe(false)
    await harness.until('it to be back', () => probe.engine.mayStart())
    expect(probe.losses).toHaveLength(1)
  })

  it('stores headers in their order, those without a value too', async () => {
    const arrived: unknown[] = []
    const prepare = (probe: Probe) => {
      probe.whenRecords = ({ records }) => arrived.push(...records.map(({ headers }) => headers))
    }
    const probe = await world.join({ topic, prepare })
    const headers = [
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ] as const
    await harness.when(probe.engine.produce([{ topic, partition: 0, key: null, value: null, headers }]))
    await harness.until('the record', () => arrived.length === 1)
    expect(arrived).toEqual([headers])
  })

  it('fails to produce as often as it is told, by partition, and may have stored what it fails for', async () => {
    const probe = await world.join({ topic })
    const send = async (value: string) => {
      const records = range(0, 2).map(partition => ({
        topic,
        partition,
        key: null,
        value: Buffer.from(value),
        headers: [],
      }))
      return (await harness.when(probe.engine.produce(records))).map(error => error?.retriable)
    }
    harness.cluster.ingest.fail({ topic, partition: 1, times: 2, retriable: true })
    harness.cluster.ingest.fail({ topic, partition: 1, times: 1, retriable: false, stored: true })
    expect(await send('a')).toEqual([undefined, true])
    expect(await send('b')).toEqual([undefined, true])
    expect(await send('c')).toEqual([undefined, false])
    expect(await send('d')).toEqual([undefined, undefined])
    await harness.until('what is stored', () => probe.seen.length === 6)
    expect([probe.values(0), probe.values(1)]).toEqual([
      ['a', 'b', 'c', 'd'],
      ['c', 'd'],
    ])
  })

  it('refuses a record only where it comes alone, where it is told so, and others with it until then', async () => {
    const probe = await world.join({ topic })
    const send = async (...values: string[]) => {
      const records = values.map(value => ({
        topic,
        partition: 0,
        key: null,
        value: Buffer.from(value),
        headers: [],
      }))
      return (await harness.when(probe.engine.produce(records))).map(error => error?.retriable)
    }
    harness.cluster.ingest.fail({ topic, times: 1, retriable: false, alone: true })
    expect(await send('a', 'b')).toEqual([false, false])
    expect(await send('a')).toEqual([false])
    expect(await send('a', 'b')).toEqual([undefined, undefined])
  })

  it('answers lost, not retry, to a commit that failed on its way when its partition has been given up since', async () => {
    const probe = await world.join({ topic, strategy: 'range' })
    let outcome: Promise<unknown> | undefined
    probe.whenRevoked = () => {
      // Not waited for, and cut off before it arrives.
      outcome = probe.engine.commit([{ topic, partition: 0, offset: 0 }])
      harness.clock.after(0, () => harness.cluster.cut(probe.engine))
      harness.clock.after(50, () => harness.cluster.heal(probe.engine))
      return undefined
    }
    const other = await world.begin({ topic, strategy: 'range' })
    await world.balanced([
      [probe, 2],
      [other, 2],
    ])
    expect(await outcome).toEqual(['lost'])
  })

  it('fetches nothing more of what is being given up', async () => {
    const held = deferred()
    const probe = await world.join({
      topic,
      strategy: 'range',
      prepare: made => {
        made.whenRevoked = () => held.promise
      },
    })
    await world.begin({ topic, strategy: 'range' })
    await harness.until('the revocation', () => probe.revocations.length > 0)
    const asked = new Map(probe.asked)
    for (const partition of range(0, 4)) await harness.produce(topic, partition, values(1))
    probe.engine.demandChanged()
    await harness.clock.advance(1_000)
    expect(probe.asked).toEqual(asked)
    held.resolve()
  })

  for (const call of ['assigned', 'records', 'wants', 'lost', 'revoked'] as const) {
    it(`ends when the sink throws in ${call}(), and says so once`, async () => {
      const probe = await world.begin({
        topic,
        prepare: made => {
          const broken = () => {
            if (call === 'revoked') return Promise.reject(new Error('a bug'))
            throw new Error('a bug')
          }
          Object.assign(made, { [call]: broken })
        },
      })
      probe.started.catch(() => {})
      await harness.produce(topic, 0, values(1))
      if (call === 'lost') await harness.clock.advance(100).then(() => harness.clock.jump(SESSION))
      if (call === 'revoked') await world.begin({ topic })
      await harness.until('the end', () => probe.failure !== undefined)
      expect(probe.failure).toMatchObject({ code: 'ENGINE_FAILED', cause: { message: 'a bug' } })
      probe.doomed = true
      await harness.clock.advance(SESSION)
      expect(world.violations()).toEqual([])
    })
  }
})
