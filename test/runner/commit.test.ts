import { expect, test } from 'vitest'
import type { CommitOutcome } from '../../src/engine/engine.ts'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, Rig, values } from './rig.ts'

test('a finished message waits for its commit no longer than the interval, counted from the first', async () => {
  const rig = await Rig.started({ process: () => {} })
  await rig.clock.advance(10_000)
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(200)
  rig.engine.append(p(0), ['b'])
  await rig.clock.advance(49)
  expect(rig.engine.commits).toEqual([])
  await rig.clock.advance(1)
  expect(rig.engine.commits).toEqual([[{ ...p(0), offset: 2 }]])
  await rig.clock.advance(100_000)
  expect(rig.engine.commits).toHaveLength(1)
})

test('with interval 0 each message is committed at once, and what finishes meanwhile goes with the next', async () => {
  const answers: Deferred<readonly CommitOutcome[]>[] = []
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config: { offsetCommitInterval: 0 } })
  rig.engine.onCommit = () => {
    const answer = deferred<readonly CommitOutcome[]>()
    answers.push(answer)
    return answer.promise
  }
  rig.engine.append(p(0), values(4))
  await rig.settle()
  for (let count = 0; count < 3; count++) {
    hand.end()
    await rig.settle()
  }
  expect(answers).toHaveLength(1)
  answers[0]!.resolve(['committed'])
  await rig.settle()
  expect(answers).toHaveLength(2)
  answers[1]!.resolve(['committed'])
  await rig.settle()
  expect(rig.engine.commits.flat().map(({ offset }) => offset)).toEqual([1, 3])
  expect(rig.clock.now()).toBe(0)
})

test('all partitions go into one commit, and only one is under way', async () => {
  let underWay = 0
  let most = 0
  const rig = await Rig.started({ process: () => {} }, { partitions: 3 })
  rig.engine.onCommit = async offsets => {
    most = Math.max(most, ++underWay)
    await new Promise<void>(resolve => rig.clock.after(1000, resolve))
    underWay--
    return offsets.map(() => 'committed')
  }
  for (const partition of [0, 1, 2]) rig.engine.append(p(partition), values(2))
  await rig.clock.advance(300)
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(10_000)
  expect(most).toBe(1)
  expect(rig.engine.commits.map(offsets => offsets.map(({ partition, offset }) => `${partition}@${offset}`))).toEqual([
    ['0@2', '1@2', '2@2'],
    ['0@4'],
  ])
})

test('what could not be stored is asked for again, later and later', async () => {
  const at: number[] = []
  const rig = await Rig.started({ process: () => {} }, { partitions: 2 })
  rig.engine.onCommit = offsets => {
    at.push(rig.clock.now())
    return offsets.map(({ partition }) => (partition === 0 && at.length < 6 ? 'retry' : 'committed'))
  }
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.clock.advance(20_000)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.committed(p(1))).toBe(1)
  expect(at).toHaveLength(6)
  const waits = at.slice(1).map((time, index) => time - at[index]!)
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeLessThanOrEqual(100 * 2 ** index)
    expect(wait).toBeGreaterThanOrEqual(80 * 2 ** index)
  }
  expect(rig.of('offsets.committed').map(({ offsets }) => offsets.length)).toEqual([1, 1])
})

test('what is no longer ours to commit is let be', async () => {
  const rig = await Rig.started({ process: () => {} }, { partitions: 2 })
  rig.engine.onCommit = offsets => {
    rig.engine.lose(p(0))
    return offsets.map(({ partition }) => (partition === 0 ? 'lost' : 'committed'))
  }
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.clock.advance(10_000)
  expect(rig.engine.commits).toEqual([[{ ...p(1), offset: 1 }]])
  expect(rig.of('offsets.committed')).toEqual([{ offsets: [{ ...p(1), offset: 1 }] }])
})

test('a lane that begins anew commits from where it begins, whatever the one before had handled', async () => {
  const rig = await Rig.started({ process: () => {} })
  rig.engine.append(p(0), values(10))
  await rig.settle()
  rig.engine.lose(p(0))
  rig.engine.assign({ ...p(0), offset: 4 })
  await rig.clock.advance(1000)
  expect(rig.engine.commits).toEqual([[{ ...p(0), offset: 10 }]])
  rig.engine.lose(p(0))
  rig.engine.assign({ ...p(0), offset: 2 })
  await rig.clock.advance(1000)
  expect(rig.engine.commits.flat().map(({ offset }) => offset)).toEqual([10, 10])
})

test('an answer that comes when its partition has begun anew does not count for what is handled since', async () => {
  const first = deferred<readonly CommitOutcome[]>()
  const rig = await Rig.started({ process: () => {} })
  rig.engine.onCommit = () => first.promise
  rig.engine.append(p(0), values(10))
  await rig.clock.advance(1000)
  rig.engine.lose(p(0))
  rig.engine.assign({ ...p(0), offset: 7 })
  await rig.settle()
  expect(rig.runner.snapshot().lanes).toMatchObject([{ position: 10, committed: 7 }])
  rig.engine.onCommit = offsets => offsets.map(() => 'committed')
  first.resolve(['committed'])
  await rig.settle()
  expect(rig.runner.snapshot().lanes).toMatchObject([{ position: 10, committed: 7 }])
  await rig.clock.advance(1000)
  expect(rig.engine.commits.flat().map(({ offset }) => offset)).toEqual([10, 10])
  expect(rig.runner.snapshot().lanes).toMatchObject([{ position: 10, committed: 10 }])
})

test('nothing is committed for a partition on which nothing was handled', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(100_000)
  expect(rig.engine.commits).toEqual([])
})

test('the commit of a revocation and the one that was due anyway do not run at the same time', async () => {
  let underWay = 0
  let most = 0
  const rig = await Rig.started({ process: () => {} }, { partitions: 2 })
  rig.engine.onCommit = async offsets => {
    most = Math.max(most, ++underWay)
    await new Promise<void>(resolve => rig.clock.after(1000, resolve))
    underWay--
    return offsets.map(() => 'committed')
  }
  rig.engine.append(p(0), values(2))
  rig.engine.append(p(1), values(2))
  await rig.clock.advance(100)
  const revoked = rig.engine.revoke(p(0))
  await rig.settle()
  rig.engine.append(p(1), values(2))
  await rig.clock.when(revoked)
  await rig.clock.advance(5_000)
  expect(most).toBe(1)
  expect(rig.engine.commits.map(offsets => offsets.map(({ partition, offset }) => `${partition}@${offset}`))).toEqual([
    ['0@2', '1@2'],
    ['1@4'],
  ])
})

test('nothing more is committed for a partition that is lost while its last commit is tried again', async () => {
  let tries = 0
  const rig = await Rig.started({ process: () => {} })
  rig.engine.onCommit = offsets => {
    tries++
    return offsets.map(() => 'retry')
  }
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  await rig.clock.advance(150)
  const before = tries
  rig.engine.sink.lost([p(0)])
  await rig.clock.when(revoked)
  await rig.clock.advance(10_000)
  expect(before).toBeGreaterThan(0)
  expect(tries).toBe(before)
})
