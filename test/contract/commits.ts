// What a commit is worth, and whose it may be.

import { expect } from 'vitest'
import type { Scenario } from './scenario.ts'
import { range, values } from './world.ts'

const PROTOCOLS = ['cooperative-sticky', 'range'] as const

export function commits(scenario: Scenario): void {
  scenario('what one member commits is where the next one begins', async world => {
    const topic = await world.harness.createTopic(2)
    for (const partition of range(0, 2)) await world.harness.produce(topic, partition, values(10))
    const before = await world.join({ topic })
    const offsets = [5, 7].map((offset, partition) => ({ topic, partition, offset }))
    expect(await world.harness.when(before.engine.commit(offsets))).toEqual(['committed', 'committed'])
    expect(await world.harness.committed(world.groupId(), topic)).toEqual([5, 7])
    await before.stop(true)
    const after = await world.join({ topic })
    expect([after.beganAt(0), after.beganAt(1)]).toEqual([5, 7])
    await world.harness.until('the rest', () => after.seen.length === 8)
    expect(after.values(1)).toEqual(values(3, 7))
  })

  for (const startFromBeginning of [true, false]) {
    const where = startFromBeginning ? 'start' : 'end'
    scenario(`the ${where} of the log is committed before the first record from there`, async world => {
      const topic = await world.harness.createTopic(1)
      await world.harness.produce(topic, 0, values(10))
      let killed: Promise<void> | undefined
      const victim = await world.join({
        topic,
        startFromBeginning,
        breakable: true,
        prepare: probe => {
          probe.whenRecords = () => {
            killed ??= probe.crash()
          }
        },
      })
      if (!startFromBeginning) await world.harness.produce(topic, 0, values(5, 10))
      await world.harness.until('the first record', () => killed !== undefined)
      await killed
      const begin = startFromBeginning ? 0 : 10
      expect(victim.seen[0]?.offset).toBe(begin)
      expect(await world.harness.committed(world.groupId(), topic)).toEqual([begin])
    })
  }

  for (const strategy of PROTOCOLS) {
    scenario(`a commit inside revoked() is stored, and the next owner begins there: ${strategy}`, async world => {
      const topic = await world.harness.createTopic(2)
      for (const partition of range(0, 2)) await world.harness.produce(topic, partition, values(6))
      const before = await world.join({ topic, strategy })
      await world.harness.until('all records', () => before.seen.length === 12)
      const outcomes: unknown[] = []
      before.whenRevoked = async gone => {
        const offsets = gone.map(at => ({ ...at, offset: 4 }))
        outcomes.push(...(await before.engine.commit(offsets)))
      }
      const after = await world.join({ topic, strategy })
      await world.balanced([
        [before, 1],
        [after, 1],
      ])
      expect(outcomes.length).toBeGreaterThan(0)
      expect(new Set(outcomes)).toEqual(new Set(['committed']))
      expect(after.beganAt(after.partitions[0]!)).toBe(4)
    })

    scenario(`what has been given up cannot be committed any more: ${strategy}`, async world => {
      const topic = await world.harness.createTopic(2)
      for (const partition of range(0, 2)) await world.harness.produce(topic, partition, values(6))
      const before = await world.join({ topic, strategy })
      await world.harness.until('all records', () => before.seen.length === 12)
      before.whenRevoked = () => before.commitSeen()
      const after = await world.join({ topic, strategy })
      await world.balanced([
        [before, 1],
        [after, 1],
      ])
      const given = after.partitions[0]!
      const kept = before.partitions[0]!
      const offsets = [given, kept].map(partition => ({ topic, partition, offset: 3 }))
      expect(await world.harness.when(before.engine.commit(offsets))).toEqual(['lost', 'committed'])
      expect((await world.harness.committed(world.groupId(), topic))[given]).toBe(6)
    })
  }

  scenario(
    'a member that was away when its partition was given to another cannot set back what that one has committed',
    async world => {
      const topic = await world.harness.createTopic(1)
      await world.harness.produce(topic, 0, values(10))
      const away = await world.join({ topic, breakable: true })
      await world.harness.until('all records', () => away.seen.length === 10)
      const other = await world.join({ topic })
      away.doomed = true
      await world.harness.cut(away.engine)
      await world.harness.until(`another owner, within ${world.session} ms`, () => other.owned.size === 1)
      expect(await world.harness.when(other.engine.commit([{ topic, partition: 0, offset: 8 }]))).toEqual(['committed'])
      await world.harness.heal(away.engine)
      let outcomes: readonly string[] = ['retry']
      await world.harness.until('an answer', async () => {
        outcomes = await world.harness.when(away.engine.commit([{ topic, partition: 0, offset: 2 }]))
        expect(['lost', 'retry']).toContain(outcomes[0])
        return outcomes[0] === 'lost'
      })
      expect(await world.harness.committed(world.groupId(), topic)).toEqual([8])
    },
  )

  scenario('without its brokers a commit answers, and says to try again', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic, breakable: true })
    await world.harness.cut(probe.engine)
    expect(await world.harness.when(probe.engine.commit([{ topic, partition: 0, offset: 0 }]))).toEqual(['retry'])
    await world.harness.heal(probe.engine)
    await world.harness.until('a commit', async () => {
      const [outcome] = await world.harness.when(probe.engine.commit([{ topic, partition: 0, offset: 0 }]))
      return outcome === 'committed'
    })
  })
}
