import { expect, test } from 'vitest'
import { ByHand, p, Rig, values } from './rig.ts'

const config = { serial: true }

test('with serial one handler runs in the whole worker, and the partitions take turns', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { process: (m, c) => hand.call(`${m.partition}${m.value}`, c) },
    { config, partitions: 3 },
  )
  for (const partition of [0, 1, 2]) rig.engine.append(p(partition), values(3))
  for (let count = 1; count <= 9; count++) {
    await rig.clock.advance(100)
    expect(hand.given).toHaveLength(count)
    hand.end()
  }
  await rig.settle()
  const partitions = hand.given.map(given => given[0])
  for (const round of [0, 3, 6]) expect(partitions.slice(round, round + 3).toSorted()).toEqual(['0', '1', '2'])
})

test('with serial synchronous handlers take turns as well', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: m => void seen.push(`${m.partition}`) }, { config, partitions: 2 })
  rig.engine.append(p(0), values(50))
  rig.engine.append(p(1), values(50))
  await rig.settle()
  expect(seen).toHaveLength(100)
  expect(seen.slice(2, 12)).toEqual(['0', '1', '0', '1', '0', '1', '0', '1', '0', '1'])
})

test('with serial a failing partition holds up no other', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      async process({ partition, value }) {
        if (partition === 0) throw new Error('boom')
        seen.push(value!)
      },
    },
    { config, partitions: 2 },
  )
  rig.engine.append(p(0), ['bad'])
  rig.engine.append(p(1), values(20))
  await rig.clock.advance(100)
  expect(seen).toEqual(values(20))
})

test('with serial even a handler that was given up is waited for', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config, partitions: 2 })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  rig.engine.lose(p(0))
  await rig.clock.advance(1000)
  expect(hand.given).toEqual(['a'])
  hand.end(0)
  await rig.settle()
  expect(hand.given).toEqual(['a', 'b'])
})

test('with serial batches take turns', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { processBatch: (all, c) => hand.call(`${all[0]!.partition}×${all.length}`, c) },
    { config: { ...config, fetchMessages: 10 }, partitions: 2 },
  )
  rig.engine.append(p(0), values(20))
  rig.engine.append(p(1), values(20))
  for (let count = 1; count <= 4; count++) {
    await rig.settle()
    expect(hand.given).toHaveLength(count)
    hand.end()
  }
  expect(hand.given.toSorted()).toEqual(['0×10', '0×10', '1×10', '1×10'])
})
