// Members that are cut off, killed, replaced or fenced.

import { expect } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import type { Probe } from './probe.ts'
import type { Scenario } from './scenario.ts'
import { type MemberOptions, range, values, type World } from './world.ts'

/** Two static members with two partitions each; the second may be broken. */
async function pair(world: World, topic: string, settings: MemberOptions['settings'] = {}): Promise<[Probe, Probe]> {
  const other = await world.join({ topic, instance: 'other', settings })
  const victim = await world.join({ topic, instance: 'victim', breakable: true, settings })
  await world.balanced([
    [other, 2],
    [victim, 2],
  ])
  return [other, victim]
}

/** Records on all partitions, all seen by these, each by the owner of its partition. */
async function flows(world: World, topic: string, probes: readonly Probe[]): Promise<void> {
  const before = probes.reduce((sum, { seen }) => sum + seen.length, 0)
  for (const partition of range(0, 4)) await world.harness.produce(topic, partition, values(25))
  await world.harness.until('a hundred records', () => {
    return probes.reduce((sum, { seen }) => sum + seen.length, 0) >= before + 100
  })
}

export function sessions(scenario: Scenario): void {
  scenario(
    'a static member that was killed comes back under its id: the same partitions, and nobody else notices',
    async world => {
      const topic = await world.harness.createTopic(4)
      const [other, victim] = await pair(world, topic)
      const had = victim.partitions
      const generation = other.generation
      const calls = [other.revocations.length, other.assignments.length]
      await world.harness.when(victim.engine.commit([{ topic, partition: had[0]!, offset: 0 }]))
      await victim.crash()
      const back = await world.join({ topic, instance: 'victim' })
      expect(back.partitions).toEqual(had)
      expect(back.generation).toBe(generation)
      await flows(world, topic, [other, back])
      expect([other.revocations.length, other.assignments.length]).toEqual(calls)
      expect(other.losses).toEqual([])
      expect(other.generation).toBe(generation)
    },
  )

  scenario('a static member that stops without leaving keeps its place for the one that follows', async world => {
    const topic = await world.harness.createTopic(4)
    const [other, victim] = await pair(world, topic)
    const had = victim.partitions
    const generation = other.generation
    const calls = [other.revocations.length, other.assignments.length]
    await victim.stop(false)
    expect(victim.events('group.left')).toEqual([])
    const back = await world.join({ topic, instance: 'victim' })
    expect(back.partitions).toEqual(had)
    await flows(world, topic, [other, back])
    expect([other.revocations.length, other.assignments.length]).toEqual(calls)
    expect(other.generation).toBe(generation)
  })

  scenario(
    'a static member that stops without leaving, and is not replaced, is missed when its session has expired',
    async world => {
      const topic = await world.harness.createTopic(4)
      const [other, victim] = await pair(world, topic)
      const since = world.harness.clock.now()
      await victim.stop(false)
      await world.balanced([[other, 4]])
      expect(world.harness.clock.now() - since).toBeGreaterThan(world.session / 2)
    },
  )

  scenario('a static member that leaves is missed at once', async world => {
    const topic = await world.harness.createTopic(4)
    const [other, victim] = await pair(world, topic)
    const since = world.harness.clock.now()
    await victim.stop(true)
    await world.balanced([[other, 4]])
    expect(world.harness.clock.now() - since).toBeLessThan(world.session / 2)
    expect(victim.events('group.left')).toHaveLength(1)
  })

  scenario(
    'what a static member was giving up when it was killed finds an owner, though its replacement steps in',
    async world => {
      const topic = await world.harness.createTopic(2)
      const never = deferred()
      const victim = await world.join({ topic, instance: 'victim', breakable: true })
      victim.whenRevoked = () => never.promise
      const other = await world.join({ topic, instance: 'other' })
      await world.harness.until('the revocation', () => victim.revocations.length > 0)
      await victim.crash()
      const back = await world.join({ topic, instance: 'victim' })
      await world.balanced([
        [back, 1],
        [other, 1],
      ])
      never.resolve()
    },
  )

  scenario('of two processes with one instance id the later one fences the earlier, for good', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(5))
    const earlier = await world.join({ topic, instance: 'twin' })
    await world.harness.until('the records', () => earlier.seen.length === 5)
    earlier.doomed = true
    const later = await world.join({ topic, instance: 'twin' })
    expect(later.partitions).toEqual([0])
    await world.harness.when(later.engine.commit([{ topic, partition: 0, offset: 4 }]))
    const at = { topic, partition: 0, offset: 1 }
    const [outcome] = await world.harness.when(earlier.engine.commit([at]))
    expect(outcome).not.toBe('committed')
    await world.harness.until('the end of the earlier', () => earlier.failure !== undefined)
    expect(earlier.failure).toMatchObject({ code: 'FENCED', exitCode: 76 })
    expect(earlier.engine.mayStart()).toBe(false)
    expect(await world.harness.when(earlier.engine.commit([at]))).toEqual(['lost'])
    // And no call follows: the probe would note it.
    await world.harness.produce(topic, 0, values(5, 5))
    await world.harness.until('records of the later', () => later.seen.at(-1)?.offset === 9)
    expect(await world.harness.committed(world.groupId(), topic)).toEqual([4])
  })

  scenario(
    'a member whose session has expired loses its partitions, and comes back with positions from the commits',
    async world => {
      const topic = await world.harness.createTopic(2)
      for (const partition of range(0, 2)) await world.harness.produce(topic, partition, values(10))
      const other = await world.join({ topic })
      const away = await world.join({ topic, breakable: true })
      await world.balanced([
        [other, 1],
        [away, 1],
      ])
      await world.harness.until('its records', () => away.seen.length >= 10)
      const [had] = away.partitions
      away.doomed = true
      await world.harness.cut(away.engine)
      await world.balanced([[other, 2]])
      const committed = range(0, 2).map(partition => ({ topic, partition, offset: 7 }))
      expect(await world.harness.when(other.engine.commit(committed))).toEqual(['committed', 'committed'])
      await world.harness.heal(away.engine)
      await world.harness.until('the loss', () => away.losses.length > 0)
      expect(away.losses[0]).toEqual([{ topic, partition: had }])
      expect(away.events('group.lost')).toHaveLength(1)
      away.doomed = false
      await world.balanced([
        [other, 1],
        [away, 1],
      ])
      expect(away.beganAt(away.partitions[0]!)).toBe(7)
      expect(away.failure).toBeUndefined()
    },
  )

  scenario('without heartbeats nothing may be started, before anybody else has the partitions', async world => {
    const topic = await world.harness.createTopic(2)
    const away = await world.join({ topic, breakable: true })
    let couldStart: boolean | undefined
    const other = await world.join({ topic })
    await world.balanced([
      [away, 1],
      [other, 1],
    ])
    other.whenAssigned = () => {
      couldStart ??= away.engine.mayStart()
    }
    expect(away.engine.mayStart()).toBe(true)
    away.doomed = true
    const since = world.harness.clock.now()
    await world.harness.cut(away.engine)
    await world.harness.until('the lease to end', () => !away.engine.mayStart())
    const took = world.harness.clock.now() - since
    expect(took).toBeGreaterThan(world.session / 2)
    expect(took).toBeLessThan(world.session)
    await world.balanced([[other, 2]])
    expect(couldStart).toBe(false)
    await world.harness.heal(away.engine)
    await world.harness.until('it to be back', () => away.losses.length > 0 && away.engine.mayStart())
  })

  scenario('with heartbeats the membership and the lease go on, for longer than a session', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic })
    const since = world.harness.clock.now()
    await world.harness.until('a session and a half', () => {
      expect(probe.engine.mayStart()).toBe(true)
      return world.harness.clock.now() - since > world.session * 1.5
    })
    expect([probe.losses, probe.events('group.joined').length]).toEqual([[], 1])
  })

  for (const instance of ['slow', undefined]) {
    const kind = instance ? 'static' : 'dynamic'
    scenario(`a ${kind} member that gives up more slowly than the group waits has lost what it had`, async world => {
      const topic = await world.harness.createTopic(2)
      const held = deferred()
      const settings = { rebalanceTimeout: 1_500 }
      const slow = await world.join({ topic, ...(instance && { instance }), strategy: 'range', settings })
      slow.whenRevoked = () => held.promise
      slow.doomed = true
      const other = await world.join({ topic, strategy: 'range', settings })
      await world.harness.until('the loss', () => slow.losses.length > 0)
      expect(slow.losses.flat().map(({ partition }) => partition)).toEqual([0, 1])
      const late = { topic, partition: other.partitions[0] ?? 0, offset: 0 }
      expect(await world.harness.when(slow.engine.commit([late]))).toEqual(['lost'])
      slow.whenRevoked = () => undefined
      slow.doomed = false
      held.resolve()
      await world.balanced([
        [slow, 1],
        [other, 1],
      ])
      expect(slow.failure).toBeUndefined()
    })
  }

  scenario('an interruption shorter than the session costs nothing', async world => {
    const topic = await world.harness.createTopic(4)
    // It takes three seconds until brokers are called unreachable.
    const [other, victim] = await pair(world, topic, { sessionTimeout: 10_000 })
    const generation = other.generation
    await world.harness.cut(victim.engine)
    await world.harness.until('it to be noticed', () => victim.events('broker.unreachable').length > 0)
    await world.harness.heal(victim.engine)
    await flows(world, topic, [other, victim])
    expect(victim.events('broker.reachable').length).toBeGreaterThan(0)
    expect([victim.losses, victim.generation, other.generation]).toEqual([[], generation, generation])
  })
}
