import { expect, test } from 'vitest'
import type { CommitOutcome, PartitionOffset } from '../../src/engine/engine.ts'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, produceError, Rig, values } from './rig.ts'

const config = { synchronousCommits: true }

/** An engine whose commits a test answers one by one. */
class Asked {
  readonly all: {
    readonly offsets: readonly PartitionOffset[]
    readonly answer: Deferred<readonly CommitOutcome[]>
  }[] = []

  constructor(rig: Rig) {
    rig.engine.onCommit = offsets => {
      const answer = deferred<readonly CommitOutcome[]>()
      this.all.push({ offsets, answer })
      return answer.promise
    }
  }

  get positions(): string[] {
    return this.all.map(({ offsets }) => offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' '))
  }

  answer(outcome: CommitOutcome = 'committed'): void {
    const { offsets, answer } = this.all.at(-1)!
    answer.resolve(offsets.map(() => outcome))
  }
}

test('the next message starts when the commit of the one before it has been answered, and no later', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: m => void seen.push(m.value!) }, { config })
  const asked = new Asked(rig)
  rig.engine.append(p(0), values(3))
  for (let count = 1; count <= 3; count++) {
    await rig.settle()
    expect(seen).toEqual(values(count))
    expect(asked.positions.at(-1)).toBe(`0@${count}`)
    asked.answer()
  }
  await rig.settle()
  expect(asked.all).toHaveLength(3)
  expect(rig.clock.now()).toBe(0)
})

test('what finishes while a commit is under way goes with the next one, in one request', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config, partitions: 4 })
  const asked = new Asked(rig)
  for (const partition of [0, 1, 2, 3]) rig.engine.append(p(partition), values(2))
  await rig.settle()
  for (const index of [0, 1, 2]) {
    hand.end(index)
    await rig.settle()
  }
  expect(asked.positions).toEqual(['0@1'])
  asked.answer()
  await rig.settle()
  expect(asked.positions).toEqual(['0@1', '1@1 2@1'])
  expect(hand.calls).toHaveLength(5)
  asked.answer()
  await rig.settle()
  expect(hand.calls).toHaveLength(7)
})

test('a batch is committed before the next one, and a batch that fails comes again without a commit', async () => {
  const seen: string[] = []
  let failures = 1
  const rig = await Rig.started(
    {
      processBatch(all) {
        seen.push(all.map(({ value }) => value).join(' '))
        if (seen.length === 2 && failures-- > 0) throw new Error('told to fail')
      },
    },
    { config: { ...config, fetchMessages: 2, pauseTimeout: 1 } },
  )
  rig.engine.append(p(0), values(4))
  await rig.clock.advance(2000)
  expect(seen).toEqual(['v0 v1', 'v2 v3', 'v2 v3'])
  expect(rig.engine.commits.map(([at]) => at?.offset)).toEqual([2, 4])
})

test('what it produced is acknowledged, then committed, and only then the next message starts', async () => {
  const seen: string[] = []
  const rig: Rig = await Rig.started(
    {
      process(m) {
        seen.push(m.value!)
        this.produce(m.value!, { topic: 'out' })
      },
    },
    { config },
  )
  const acknowledged = deferred()
  rig.engine.onProduce = async records => {
    await acknowledged.promise
    return records.map(() => undefined)
  }
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(5000)
  expect(seen).toEqual(['v0'])
  expect(rig.engine.commits).toEqual([])
  acknowledged.resolve()
  await rig.settle()
  expect(seen).toEqual(['v0', 'v1'])
  expect(rig.engine.committed(p(0))).toBe(2)
})

test('what could not be delivered is handled again, and nothing past it is started', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process(m) {
        seen.push(m.value!)
        this.produce(m.value!, { topic: 'out' })
      },
    },
    { config: { ...config, pauseTimeout: 1 } },
  )
  let refusals = 1
  rig.engine.onProduce = records => records.map(() => (refusals-- > 0 ? produceError('refused', false) : undefined))
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(5000)
  expect(seen).toEqual(['v0', 'v0', 'v1'])
  expect(rig.engine.committed(p(0))).toBe(2)
})

test('while commits fail the partition waits and says why, and a stop ends within its deadline all the same', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: m => void seen.push(m.value!) }, { config })
  rig.engine.onCommit = offsets => offsets.map(() => 'retry')
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(60_000)
  expect(seen).toEqual(['v0'])
  expect(rig.runner.snapshot().lanes).toMatchObject([
    {
      state: 'waiting',
      position: 1,
      committed: 0,
      why: 'the commit of what was handled last has not been answered yet',
    },
  ])
  const before = rig.clock.now()
  expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: false })
  expect(rig.clock.now() - before).toBeLessThanOrEqual(10_000)
})

test('when commits are answered again the partition goes on', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: m => void seen.push(m.value!) }, { config, partitions: 2 })
  rig.engine.onCommit = offsets => offsets.map(() => 'retry')
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(2))
  await rig.clock.advance(10_000)
  rig.engine.onCommit = offsets => offsets.map(() => 'committed')
  await rig.clock.advance(2500)
  expect(seen.toSorted()).toEqual(['v0', 'v0', 'v1', 'v1'])
  expect(rig.runner.snapshot().lanes.map(({ why }) => why)).toEqual([null, null])
})

test('a partition that is revoked while its commit is under way starts nothing more', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: m => void seen.push(m.value!) }, { config })
  const asked = new Asked(rig)
  rig.engine.append(p(0), values(2))
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  asked.answer()
  await rig.clock.when(revoked)
  expect(seen).toEqual(['v0'])
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('with serial another partition may start meanwhile: at most one message of each is repeated', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    { process: m => void seen.push(`${m.partition}${m.value}`) },
    { config: { ...config, serial: true }, partitions: 2 },
  )
  const asked = new Asked(rig)
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(2))
  await rig.settle()
  expect(seen).toEqual(['0v0', '1v0'])
  while (rig.engine.commits.flat().length < 4) {
    asked.answer()
    await rig.settle()
  }
  expect(seen.slice(2).toSorted()).toEqual(['0v1', '1v1'])
})

test('a message that goes to dead letters is committed before the next one starts', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process(m) {
        seen.push(m.value!)
        if (m.value === 'v0') throw new Error('told to fail')
      },
    },
    { config: { ...config, retryTimes: 0, retryThen: 'dead-letter' } },
  )
  const asked = new Asked(rig)
  rig.engine.append(p(0), values(2))
  await rig.settle()
  expect(rig.engine.produced).toHaveLength(1)
  expect(asked.positions).toEqual(['0@1'])
  expect(seen).toEqual(['v0'])
  asked.answer()
  await rig.settle()
  expect(seen).toEqual(['v0', 'v1'])
})
