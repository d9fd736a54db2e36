import { expect, it } from 'vitest'
import type { LaneReport } from '../../src/messages.ts'
import { Reports } from '../../src/supervisor/reports.ts'
import { FakeClock } from '../support/fake-clock.ts'

const lane: LaneReport = {
  topic: 'greetings',
  partition: 0,
  position: 7,
  committed: 5,
  lag: 2,
  waiting: 1,
  state: 'waiting',
  inHandForMs: null,
  pausedForMs: null,
  quiet: false,
  why: null,
}

it('a worker that answers is waited for no longer than it takes', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const answer = reports.ask(1, () => {})
  reports.heard(1, [lane])
  expect(await answer).toEqual([lane])
  expect(clock.pending).toBe(0)
})

it('a worker that does not answer within a second has said nothing, and is asked once until it does', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const sent: number[] = []
  const ask = () => reports.ask(1, () => sent.push(clock.now()))
  expect(await clock.when(ask())).toBeNull()
  expect(clock.now()).toBe(1000)
  expect(await clock.when(ask())).toBeNull()
  const third = ask()
  expect(sent).toEqual([0])
  reports.heard(1, [lane])
  expect(await third).toEqual([lane])
  const fourth = ask()
  expect(sent).toEqual([0, 2000])
  reports.heard(1, [])
  expect(await fourth).toEqual([])
})

it('a worker that exits is not waited for', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const answer = reports.ask(1, () => {})
  reports.gone(1)
  expect(await answer).toBeNull()
  expect(clock.pending).toBe(0)
})

it('an answer that nobody waits for, or that makes no sense, changes nothing', async () => {
  const reports = new Reports({ clock: new FakeClock() })
  reports.heard(1, [lane])
  for (const nonsense of [undefined, 'lanes', { length: 1 }]) {
    const answer = reports.ask(1, () => {})
    reports.heard(1, nonsense)
    expect(await answer).toBeNull()
  }
  const answer = reports.ask(1, () => {})
  reports.heard(1, [
    null,
    1,
    {},
    { ...lane, position: Number.NaN },
    { ...lane, inHandForMs: 'long' },
    { ...lane, quiet: 1 },
    lane,
  ])
  expect(await answer).toEqual([lane])
})
