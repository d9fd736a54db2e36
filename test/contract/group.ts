// How partitions are shared: never two owners, nothing lost and nothing twice while members come and go in good order.

import { expect } from 'vitest'
import { sleep } from '../../src/lib/clock.ts'
import type { Probe } from './probe.ts'
import type { Scenario } from './scenario.ts'
import { range, values, type World } from './world.ts'

const STRATEGIES = ['cooperative-sticky', 'range', 'roundrobin'] as const

const all = (...probes: Probe[]): number[] => probes.flatMap(({ partitions }) => partitions).sort((a, b) => a - b)

/** Somebody of the group sees a record of each partition: the group is at work. */
async function flows(
  world: World,
  topic: string,
  partitions: number,
  probes: readonly Probe[],
  mark: string,
): Promise<void> {
  for (const partition of range(0, partitions)) await world.harness.produce(topic, partition, [mark])
  await world.harness.until(`${mark} on all partitions`, () => {
    const at = probes.flatMap(probe => probe.seen).filter(({ value }) => value === mark)
    return new Set(at.map(({ partition }) => partition)).size === partitions
  })
}

export function group(scenario: Scenario): void {
  for (const strategy of STRATEGIES) {
    scenario(
      `a third member joins two: nobody is given a partition before its owner has given it up: ${strategy}`,
      async world => {
        const topic = await world.harness.createTopic(6)
        const first = await world.join({ topic, strategy })
        const second = await world.join({ topic, strategy })
        await world.balanced([
          [first, 3],
          [second, 3],
        ])
        // The probes note a violation where a partition gets a second owner while this wait is under way.
        const drain = () => sleep(world.harness.clock, 400)
        for (const probe of [first, second]) probe.whenRevoked = drain
        const third = await world.join({ topic, strategy })
        await world.balanced([
          [first, 2],
          [second, 2],
          [third, 2],
        ])
        expect(all(first, second, third)).toEqual(range(0, 6))
        await flows(world, topic, 6, [first, second, third], 'after the join')
      },
    )

    scenario(`a member leaves: its partitions come back to those who stay: ${strategy}`, async world => {
      const topic = await world.harness.createTopic(4)
      const stays = await world.join({ topic, strategy })
      const leaves = await world.join({ topic, strategy })
      await world.balanced([
        [stays, 2],
        [leaves, 2],
      ])
      await leaves.leave()
      await world.balanced([[stays, 4]])
      await flows(world, topic, 4, [stays], 'after the leave')
    })

    scenario(`members come and go under load: every record is handled once: ${strategy}`, async world => {
      const topic = await world.harness.createTopic(4)
      const probes: Probe[] = []
      const join = async () => {
        const prepare = (probe: Probe) => {
          probe.whenRevoked = gone => probe.commitSeen(gone)
        }
        probes.push(await world.join({ topic, strategy, prepare }))
      }
      const send = async (round: number) => {
        for (const partition of range(0, 4)) await world.harness.produce(topic, partition, values(20, round * 20))
      }
      await join()
      await send(0)
      await join()
      await send(1)
      await join()
      await send(2)
      await probes[0]!.leave()
      await send(3)
      await join()
      await send(4)
      await probes[2]!.leave()
      const total = () => probes.reduce((sum, { seen }) => sum + seen.length, 0)
      await world.harness.until('all records', () => total() >= 400)
      await flows(world, topic, 4, probes, 'last')
      for (const partition of range(0, 4)) {
        const handled = probes.flatMap(probe => probe.values(partition)).filter(value => value !== 'last')
        expect(handled.toSorted()).toEqual(values(100).toSorted())
      }
    })
  }

  scenario('cooperative members keep what does not move, without a pause and without a word', async world => {
    const topic = await world.harness.createTopic(6)
    const first = await world.join({ topic })
    const second = await world.join({ topic })
    await world.balanced([
      [first, 3],
      [second, 3],
    ])
    const before = [first, second].map(({ revocations, assignments }) => [revocations.length, assignments.length])
    const held = new Map([first, second].map(probe => [probe, probe.partitions]))
    let drained = false
    for (const probe of [first, second]) {
      probe.whenRevoked = async () => {
        // While what moves is being given up, what stays goes on.
        const staying = probe.partitions.filter(
          partition => !probe.revocations.at(-1)!.some(at => at.partition === partition),
        )
        for (const partition of staying) await world.harness.produce(topic, partition, ['meanwhile'])
        while (!staying.every(partition => probe.values(partition).includes('meanwhile')))
          await sleep(world.harness.clock, 20)
        drained = true
      }
    }
    const third = await world.join({ topic })
    await world.balanced([
      [first, 2],
      [second, 2],
      [third, 2],
    ])
    expect(drained).toBe(true)
    for (const [index, probe] of [first, second].entries()) {
      expect(held.get(probe)).toEqual(expect.arrayContaining(probe.partitions))
      const [revocations, assignments] = before[index]!
      expect(probe.revocations.slice(revocations).flat()).toHaveLength(1)
      expect(probe.assignments).toHaveLength(assignments!)
    }
  })

  scenario('eager members give up all that they have before they join again, and are given all anew', async world => {
    const topic = await world.harness.createTopic(4)
    const first = await world.join({ topic, strategy: 'range' })
    const second = await world.join({ topic, strategy: 'range' })
    await world.balanced([
      [first, 2],
      [second, 2],
    ])
    expect(first.revocations).toHaveLength(1)
    expect(first.revocations[0]).toHaveLength(4)
    // Partitions are handed over as their positions become known, in one part or in several.
    const given = first.assignments.flat().map(({ partition }) => partition)
    expect(given.slice(0, 4).sort()).toEqual([0, 1, 2, 3])
    expect(given.slice(4).sort()).toEqual([...first.partitions].sort())
  })

  scenario('a beat tells a member of a rebalance before its next heartbeat would', async world => {
    const topic = await world.harness.createTopic(2)
    const settings = { heartbeatInterval: 5_000, sessionTimeout: 20_000 }
    const first = await world.join({ topic, settings })
    const second = await world.begin({ topic, settings })
    await world.harness.until('the second to join', () => second.events('group.joining').length > 0)
    const since = world.harness.clock.now()
    // The join may still be on its way when the first beat is sent.
    await world.harness.until('a share for each', async () => {
      for (const probe of [first, second]) probe.engine.beat()
      await world.harness.when(sleep(world.harness.clock, 50))
      return first.owned.size === 1 && second.owned.size === 1
    })
    expect(world.harness.clock.now() - since).toBeLessThan(3_000)
  })

  scenario('a member of another rebalance protocol is refused, and says what to do', async world => {
    const topic = await world.harness.createTopic(2)
    const first = await world.join({ topic, strategy: 'cooperative-sticky' })
    const second = await world.begin({ topic, strategy: 'range' })
    await world.harness.until('the refusal', () => second.failure !== undefined)
    expect(second.failure).toMatchObject({ code: 'GROUP_PROTOCOL', exitCode: 78 })
    await flows(world, topic, 2, [first], 'after the refusal')
    expect(first.revocations).toEqual([])
  })
}
