// How records come: in order, from the right place, as much as is wanted.

import { expect } from 'vitest'
import type { Scenario } from './scenario.ts'
import { range, values } from './world.ts'

export function records(scenario: Scenario): void {
  scenario(
    'partitions arrive with their positions: the start of the log, or its end, as the subscription says',
    async world => {
      const topic = await world.harness.createTopic(2)
      await world.harness.produce(topic, 0, values(3))
      const first = await world.join({ topic, group: 'first' })
      expect(first.partitions).toEqual([0, 1])
      expect([first.beganAt(0), first.beganAt(1)]).toEqual([0, 0])
      const last = await world.join({ topic, group: 'last', startFromBeginning: false })
      expect([last.beganAt(0), last.beganAt(1)]).toEqual([3, 0])
    },
  )

  scenario(
    'records come in order, with no gap and none twice, those that are there and those that follow',
    async world => {
      const topic = await world.harness.createTopic(3)
      const send = async (from: number) => {
        for (const partition of range(0, 3)) await world.harness.produce(topic, partition, values(100, from))
      }
      await send(0)
      const probe = await world.join({ topic, maxBytesPerPartition: 2_000 })
      for (const round of range(1, 5)) await send(round * 100)
      await world.harness.until('all records', () => probe.seen.length >= 1_500)
      for (const partition of range(0, 3)) {
        expect(probe.seen.filter(record => record.partition === partition).map(({ offset }) => offset)).toEqual(
          range(0, 500),
        )
        expect(probe.values(partition)).toEqual(values(500))
      }
    },
  )

  scenario('a partition that is not wanted is left out while the others flow', async world => {
    const topic = await world.harness.createTopic(2)
    await world.harness.produce(topic, 0, values(50))
    let wantsFirst = false
    const bytesWanted = ({ partition }: { partition: number }) => (partition === 0 && !wantsFirst ? 0 : 100_000)
    const probe = await world.join({ topic, prepare: made => Object.assign(made, { bytesWanted }) })
    for (const round of range(0, 5)) {
      await world.harness.produce(topic, 1, values(20, round * 20))
      await world.harness.until(`round ${round}`, () => probe.values(1).length === (round + 1) * 20)
    }
    expect(probe.values(0)).toEqual([])
    wantsFirst = true
    probe.engine.demandChanged()
    await world.harness.until('the first partition', () => probe.values(0).length === 50)
    expect(probe.values(0)).toEqual(values(50))
  })

  scenario('a change of demand is heeded at once, while a fetch waits for records of other partitions', async world => {
    const maxWaitTime = 5_000
    const topic = await world.harness.createTopic(2)
    await world.harness.produce(topic, 0, values(5))
    let wantsFirst = false
    const bytesWanted = ({ partition }: { partition: number }) => (partition === 0 && !wantsFirst ? 0 : 100_000)
    const probe = await world.join({
      topic,
      settings: { maxWaitTime, sessionTimeout: 20_000, socketTimeout: 15_000 },
      prepare: made => Object.assign(made, { bytesWanted }),
    })
    await world.harness.produce(topic, 1, values(1))
    await world.harness.until('the fetch that waits', () => {
      return probe.values(1).length === 1 && (probe.asked.get(`${topic}/1`) ?? 0) > 1
    })
    const since = world.harness.clock.now()
    wantsFirst = true
    probe.engine.demandChanged()
    await world.harness.until('the first partition', () => probe.values(0).length === 5)
    expect(world.harness.clock.now() - since).toBeLessThan(maxWaitTime / 2)
  })

  scenario('a seek throws away what is on its way and goes on at exactly its offset', async world => {
    const { clock } = world.harness
    const topic = await world.harness.createTopic(1)
    for (const batch of range(0, 60)) await world.harness.produce(topic, 0, values(10, batch * 10))
    let batches = 0
    let seeks = 0
    const probe = await world.begin({
      topic,
      maxBytesPerPartition: 500,
      prepare: made => {
        made.whenRecords = () => {
          batches++
          if (batches % 3 !== 0 || seeks >= 12) return
          const goBack = () => {
            if (!made.owned.size) return
            seeks++
            made.seek({ topic, partition: 0, offset: Math.floor((made.next(0) ?? 0) / 2) })
          }
          // Now, and a little later, when the next fetch has been sent.
          if (batches % 2 === 0) goBack()
          else clock.after(batches % 4, goBack)
        }
      },
    })
    await world.harness.until('the end', () => seeks >= 12 && probe.seen.at(-1)?.offset === 599)
    expect(new Set(probe.values()).size).toBe(600)
    expect(probe.seen.length).toBeGreaterThan(600)
  })

  scenario('a seek forward leaves out what lies between', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(10))
    const probe = await world.join({ topic })
    await world.harness.until('the first ten', () => probe.seen.length === 10)
    probe.seek({ topic, partition: 0, offset: 15 })
    await world.harness.produce(topic, 0, values(10, 10))
    await world.harness.until('the last', () => probe.seen.at(-1)?.offset === 19)
    expect(probe.seen.slice(10).map(({ offset }) => offset)).toEqual(range(15, 20))
  })

  scenario(
    'no record below the asked position is handed over, though the log keeps it in the same batch',
    async world => {
      const topic = await world.harness.createTopic(1)
      await world.harness.produce(topic, 0, values(10))
      const before = await world.join({ topic })
      await world.harness.until('the first ten', () => before.seen.length === 10)
      expect(await world.harness.when(before.engine.commit([{ topic, partition: 0, offset: 5 }]))).toEqual([
        'committed',
      ])
      await before.stop(true)
      const after = await world.join({ topic })
      await world.harness.until('the rest', () => after.seen.at(-1)?.offset === 9)
      expect(after.values()).toEqual(values(5, 5))
    },
  )

  scenario('the position moves over offsets that hold no record, to the end of the log', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(3))
    await world.harness.produceInvisible(topic, 0)
    const end = await world.harness.end(topic, 0)
    expect(end).toBeGreaterThan(3)
    const probe = await world.join({ topic })
    await world.harness.until('the end', () => probe.next(0) === end)
    expect(probe.values()).toEqual(values(3))
    await world.harness.produce(topic, 0, ['after'])
    await world.harness.until('one more', () => probe.seen.length === 4)
    expect(probe.seen.at(-1)).toMatchObject({ offset: end, value: 'after' })
  })
}
