// A position that the log does not hold: told with what it costs, and then as the policy says.

import { expect } from 'vitest'
import type { OutOfRange } from '../../src/engine/engine.ts'
import type { Probe } from './probe.ts'
import type { Scenario } from './scenario.ts'
import { range, values, type World } from './world.ts'

/** Of these ten the first seven are deleted, where anything is. */
const [START, END] = [7, 10]

const targets: Readonly<Record<Exclude<OutOfRange, 'fail'>, { readonly below: number; readonly above: number }>> = {
  earliest: { below: START, above: 0 },
  latest: { below: END, above: END },
  nearest: { below: START, above: END },
}

/** A group that has stored an offset below the start of the log of partition 0, and one beyond the end of that of partition 1. */
async function displaced(world: World): Promise<string> {
  const topic = await world.harness.createTopic(2)
  for (const partition of [0, 1]) await world.harness.produce(topic, partition, values(END))
  const before = await world.join({ topic })
  const offsets = [3, 50].map((offset, partition) => ({ topic, partition, offset }))
  await world.harness.when(before.engine.commit(offsets))
  await before.stop(true)
  await world.harness.deleteRecords(topic, 0, START)
  return topic
}

const offsetsOf = (probe: Probe, partition: number) =>
  probe.seen.filter(one => one.partition === partition).map(({ offset }) => offset)

export function outOfRange(scenario: Scenario): void {
  for (const policy of ['earliest', 'latest', 'nearest'] as const) {
    const { below, above } = targets[policy]
    scenario(
      `are told of, and what follows is ${policy}: from ${below} below its start, ${above} above its end`,
      async world => {
        const topic = await displaced(world)
        const probe = await world.join({ topic, offsetOutOfRange: policy })
        await world.harness.until('both being told of', () => probe.events('offset.reset').length === 2)
        const told = probe.events('offset.reset').sort((a, b) => a.partition - b.partition)
        expect(told).toEqual([
          { topic, partition: 0, from: 3, to: below, skipped: below - 3, start: START, end: END },
          { topic, partition: 1, from: 50, to: above, skipped: above - 50, start: 0, end: END },
        ])
        for (const partition of [0, 1]) await world.harness.produce(topic, partition, values(2, END))
        await world.harness.until('the rest', () => [0, 1].every(one => offsetsOf(probe, one).at(-1) === 11))
        expect([0, 1].map(one => offsetsOf(probe, one))).toEqual([range(below, 12), range(above, 12)])
        // Only what goes back is taken away: it takes nothing below the position that it was given.
        expect(probe.losses).toEqual([[{ topic, partition: 1 }]])
        expect(probe.assignments.flat().filter(one => one.partition === 1)).toEqual([
          { topic, partition: 1, offset: 50 },
          { topic, partition: 1, offset: above },
        ])
        await probe.commitSeen()
        expect(await world.harness.committed(world.groupId(), topic)).toEqual([12, 12])
      },
    )
  }

  scenario('end the membership where the policy is fail, before anything of the partition is seen', async world => {
    const topic = await displaced(world)
    for (const [partition, said] of [
      [0, `${topic}/0 is to go on at offset 3, which its log does not hold: it begins at 7 and ends at 10`],
      [1, `${topic}/1 is to go on at offset 50, which its log does not hold: it begins at 0 and ends at 10`],
    ] as const) {
      const bytesWanted = (of: { partition: number }) => (of.partition === partition ? 100_000 : 0)
      const prepare = (made: Probe) => Object.assign(made, { bytesWanted })
      const probe = await world.join({ topic, offsetOutOfRange: 'fail', prepare })
      await world.harness.until('the end', () => probe.failure !== undefined)
      expect(probe.failure).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', exitCode: 78, message: said })
      expect(probe.seen).toEqual([])
      expect(probe.events('offset.reset')).toEqual([])
      await probe.stop(true)
      expect(await world.harness.committed(world.groupId(), topic)).toEqual([3, 50])
    }
  })

  scenario('give way to the end of the log, and that is stored before the first record from there', async world => {
    const topic = await displaced(world)
    let killed: Promise<void> | undefined
    const victim = await world.join({
      topic,
      offsetOutOfRange: 'latest',
      breakable: true,
      prepare: probe => {
        const isMoved = () => probe.next(0) === END
        probe.bytesWanted = ({ partition }) => (partition === 0 ? 100_000 : 0)
        probe.whenRecords = () => {
          if (isMoved()) killed ??= probe.crash()
        }
      },
    })
    await world.harness.until('the move', () => killed !== undefined)
    await killed
    expect(victim.seen).toEqual([])
    expect((await world.harness.committed(world.groupId(), topic))[0]).toBe(END)
  })

  scenario('are met under way as well: what was deleted under a running member', async world => {
    for (const [policy, next] of [
      ['earliest', 6],
      ['latest', 10],
    ] as const) {
      const topic = await world.harness.createTopic(1)
      await world.harness.produce(topic, 0, values(2))
      let wanted = 100_000
      const prepare = (made: Probe) => Object.assign(made, { bytesWanted: () => wanted })
      const probe = await world.join({ topic, group: policy, offsetOutOfRange: policy, prepare })
      await world.harness.until('the first two', () => {
        if (probe.seen.length === 2) wanted = 0
        return wanted === 0
      })
      await world.harness.until('ten, of which a fetch under way brings the third', async () => {
        await world.harness.produce(topic, 0, ['more'])
        return (await world.harness.end(topic, 0)) === 10
      })
      await world.harness.deleteRecords(topic, 0, 6)
      wanted = 100_000
      probe.engine.demandChanged()
      await world.harness.until('its being told', () => probe.events('offset.reset').length === 1)
      await world.harness.until('the position', () => (probe.next(0) ?? 0) >= next)
      const { from, ...told } = probe.events('offset.reset')[0]!
      expect(told).toEqual({ topic, partition: 0, to: next, skipped: next - from, start: 6, end: 10 })
      // What it has, it keeps, and has yet to handle: nobody else may pass it.
      expect(probe.losses).toEqual([])
      expect(await world.harness.committed(world.groupId(policy), topic)).toEqual([0])
      await world.harness.produce(topic, 0, ['last'])
      await world.harness.until('the last', () => probe.seen.at(-1)?.offset === 10)
      expect(offsetsOf(probe, 0)).toEqual([...range(0, from), ...range(next, 11)])
    }
  })

  scenario('are met under way as well: what the log of a running member ends before', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(END))
    const probe = await world.join({ topic, offsetOutOfRange: 'nearest' })
    await world.harness.until('all', () => probe.seen.length === END)
    probe.seek({ topic, partition: 0, offset: 50 })
    await world.harness.until('its beginning anew', () => probe.assignments.length === 2)
    expect(probe.events('offset.reset')).toEqual([
      { topic, partition: 0, from: 50, to: END, skipped: END - 50, start: 0, end: END },
    ])
    expect(probe.losses).toEqual([[{ topic, partition: 0 }]])
    expect(await world.harness.committed(world.groupId(), topic)).toEqual([END])
    await world.harness.produce(topic, 0, ['last'])
    await world.harness.until('the last', () => probe.seen.at(-1)?.value === 'last')
    expect(probe.seen).toHaveLength(END + 1)
  })

  scenario('are no offsets that hold no record, which are never counted', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(2))
    await world.harness.produceInvisible(topic, 0)
    await world.harness.produce(topic, 0, ['after'])
    const before = await world.join({ topic, offsetOutOfRange: 'fail' })
    await world.harness.when(before.engine.commit([{ topic, partition: 0, offset: 3 }]))
    await before.stop(true)
    const after = await world.join({ topic, offsetOutOfRange: 'fail' })
    await world.harness.until('the last', () => after.seen.at(-1)?.value === 'after')
    expect(after.values()).toEqual(['after'])
    expect(after.events('offset.reset')).toEqual([])
    expect(after.failure).toBeUndefined()
  })

  scenario('are others than none: where the group has none is told, and where that begins', async world => {
    const topic = await world.harness.createTopic(2)
    await world.harness.produce(topic, 1, values(3))
    const first = await world.join({ topic, startFromBeginning: false, offsetOutOfRange: 'fail' })
    const partitions = [0, 3].map((offset, partition) => ({ topic, partition, offset }))
    expect(first.events('offsets.absent')).toEqual([{ partitions, edge: 'end' }])
    await first.stop(true)
    const second = await world.join({ topic, offsetOutOfRange: 'fail' })
    expect(second.events('offsets.absent')).toEqual([])
    expect([second.beganAt(0), second.beganAt(1)]).toEqual([0, 3])
  })
}
