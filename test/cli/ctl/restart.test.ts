import { expect, it } from 'vitest'
import { racecarctl } from '../../../src/cli/racecarctl.ts'
import type { RestartStatus, SlotStatus, Standing } from '../../../src/supervisor/status.ts'
import { Rig } from './rig.ts'
import { aSlot } from './samples.ts'

const name = `WelcomeConsumer (${process.pid})`
const epoch = (ms: number) => new Date(ms).toISOString()

const slot = (index: number, changes: Partial<SlotStatus> = {}): SlotStatus => {
  return { ...aSlot, name: `WelcomeConsumer/${index}`, pid: 101 + index, ...changes }
}

const begun: RestartStatus = {
  id: 4,
  state: 'running',
  by: 'racecarctl',
  since: epoch(1000),
  endedAt: null,
  replaced: 0,
  slot: 'WelcomeConsumer/0',
  failure: null,
}
const before: RestartStatus = { ...begun, id: 3, state: 'failed', endedAt: epoch(900), failure: 'of an earlier one' }

/** Stands like this, one after the other; the last one stays. */
async function stand(rig: Rig, ...answers: readonly Partial<Standing>[]): Promise<void> {
  await rig.racecar()
  const slots = [slot(0), slot(1)]
  let asked = 0
  rig.standing = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]
    return { state: 'running', quiet: [], restart: before, slots, ...answer }
  }
}

it('restart asks, tells how it goes, and takes what an earlier one came to for no answer', async () => {
  await using rig = new Rig()
  const over = { ...begun, state: 'done', replaced: 2, endedAt: epoch(3500) } as const
  await stand(rig, {}, {}, { restart: begun }, { restart: { ...begun, replaced: 1 } }, { restart: over })
  expect(await racecarctl(['restart'], rig.ground())).toBe(0)
  expect(rig.asked).toEqual([{ kind: 'restart', by: 'racecarctl' }])
  const lines = ['1 of 2 replaced.', '2 of 2 replaced.'].map(line => `${name}: ${line}\n`)
  expect(rig).toMatchObject({ out: `${lines.join('')}${name} was restarted in 2.5 s.\n`, err: '' })
})

it.each([
  [0, 'All workers go on as before.'],
  [1, '1 replaced by then; the others go on as before.'],
])('restart says why it came to nothing after %i', async (replaced, rest) => {
  await using rig = new Rig()
  const failure = 'the new process of WelcomeConsumer/1 exited with code 1'
  await stand(rig, {}, { restart: { ...begun, state: 'failed', replaced, failure, endedAt: epoch(2000) } })
  expect(await racecarctl(['restart'], rig.ground())).toBe(1)
  expect(rig.err).toBe(`${name} was not restarted: ${failure}\n${rest}\n`)
})

it('restart does not wait for longer than it is told, and says that it goes on', async () => {
  await using rig = new Rig()
  await stand(rig, {}, { restart: begun })
  expect(await racecarctl(['restart', '--timeout', '0'], rig.ground())).toBe(1)
  expect(rig.err).toMatch(/is still at its restart after .*; it goes on\.\n$/)
})

it('workers asks, and waits until there are so many and all are up', async () => {
  await using rig = new Rig()
  const third = slot(2, { state: 'starting' })
  await stand(rig, {}, {}, { slots: [slot(0), slot(1), third] }, { slots: [slot(0), slot(1), slot(2)] })
  expect(await racecarctl(['workers', '3'], rig.ground())).toBe(0)
  expect(rig.asked).toEqual([{ kind: 'scale', by: 'racecarctl', to: { workers: 3 }, consumers: [] }])
  expect(rig).toMatchObject({ out: `${name} has 3 workers.\n`, err: '' })
})

it('workers names what is in the way when the time is over', async () => {
  await using rig = new Rig()
  await stand(rig, { slots: [slot(0), slot(1, { state: 'stopping' })] })
  expect(await racecarctl(['workers', '1', '--only', 'WelcomeConsumer', '--timeout', '0'], rig.ground())).toBe(1)
  expect(rig.asked).toEqual([expect.objectContaining({ consumers: ['WelcomeConsumer'] })])
  expect(rig.err).toBe(`${name} is not there after 0 s: WelcomeConsumer/1 is stopping.\n`)
})

it.each([['0'], ['-1'], ['2.5'], ['many'], ['']])('workers takes a number, and not %j', async count => {
  await using rig = new Rig()
  await stand(rig)
  expect(await racecarctl(['workers', '--', count], rig.ground())).toBe(64)
  expect(rig.asked).toEqual([])
})

it('a number that no racecar takes is refused by it', async () => {
  await using rig = new Rig()
  await stand(rig, {})
  expect(await racecarctl(['workers', '2000'], rig.ground())).toBe(1)
  expect(rig.err).toBe(`${name} refuses: workers is a whole number from 1 to 1024.\n`)
})

it('one that has no workers, or stops, is asked for neither', async () => {
  await using rig = new Rig()
  await stand(rig, { slots: [slot(0, { pid: process.pid })] })
  for (const argv of [['restart'], ['workers', '2']]) expect(await racecarctl(argv, rig.ground())).toBe(1)
  expect(rig.err).toBe(`${name} has no workers, it consumes by itself (workers is 0).\n`.repeat(2))
  rig.standing = async () => ({ state: 'stopping', quiet: [], restart: null, slots: [] })
  expect(await racecarctl(['restart'], rig.ground())).toBe(1)
  expect(rig.err).toContain(`${name} is stopping.\n`)
  expect(rig.asked).toEqual([])
})
