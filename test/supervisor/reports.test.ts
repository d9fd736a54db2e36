import { expect, it } from 'vitest'
import type { Report } from '../../src/messages.ts'
import { PATIENCE_MS, Reports } from '../../src/supervisor/reports.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { lane, report, usage } from '../support/lane-report.ts'

const asNew = (told: Report, clock: FakeClock) => ({ ...told, at: clock.now(), isNew: true })

it('a worker that answers is waited for no longer than it takes', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const answer = reports.ask(1, false, () => {})
  reports.heard(1, report)
  expect(await answer).toEqual(asNew(report, clock))
  expect(clock.pending).toBe(0)
})

it('a worker that does not answer in time is asked once until it does, and not waited for again', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const sent: number[] = []
  const ask = () => reports.ask(1, false, () => sent.push(clock.now()))
  expect(await clock.when(ask())).toBeNull()
  expect(clock.now()).toBe(PATIENCE_MS)
  expect(await clock.when(ask())).toBeNull()
  expect(clock.now()).toBe(PATIENCE_MS)
  const third = ask()
  expect(sent).toEqual([0])
  reports.heard(1, report)
  expect(await third).toEqual(asNew(report, clock))
  const fourth = ask()
  expect(sent).toEqual([0, PATIENCE_MS])
  await clock.advance(PATIENCE_MS - 1)
  reports.heard(1, { ...report, lanes: [] })
  expect(await fourth).toEqual(asNew({ ...report, lanes: [] }, clock))
})

it('of one that has answered before there is what it answered last, also where that came late', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const ask = () => clock.when(reports.ask(1, false, () => {}))
  expect(await ask()).toBeNull()
  await clock.advance(100)
  reports.heard(1, report)
  const at = clock.now()
  await clock.advance(1000)
  expect(await ask()).toEqual({ ...report, at, isNew: false })
  reports.gone(1)
  expect(await ask()).toBeNull()
})

it('a worker that is known to be silent is asked, and not waited for', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  let sent = 0
  expect(await clock.when(reports.ask(1, true, () => sent++))).toBeNull()
  expect([clock.now(), sent]).toEqual([0, 1])
})

it('a worker that exits is not waited for', async () => {
  const clock = new FakeClock()
  const reports = new Reports({ clock })
  const answer = reports.ask(1, false, () => {})
  reports.gone(1)
  expect(await answer).toBeNull()
  expect(clock.pending).toBe(0)
})

it('an answer that nobody waits for, or that makes no sense, changes nothing', async () => {
  const reports = new Reports({ clock: new FakeClock() })
  reports.heard(1, report)
  for (const lanes of [undefined, 'lanes', { length: 1 }]) {
    const answer = reports.ask(1, false, () => {})
    reports.heard(1, { lanes, usage })
    expect(await answer).toBeNull()
  }
  const answer = reports.ask(1, false, () => {})
  const lanes = [
    null,
    1,
    {},
    { ...lane, position: Number.NaN },
    { ...lane, inHandForMs: 'long' },
    { ...lane, inHandOffset: undefined },
    { ...lane, quiet: 1 },
    { ...lane, why: new Error('boom') },
    { ...lane, why: 'x'.repeat(2000) },
    lane,
  ]
  reports.heard(1, { lanes, beatAgoMs: 'long', usage })
  expect(await answer).toEqual({ ...report, beatAgoMs: null, at: 0, isNew: true })
})

it.each([undefined, null, 7, {}, { ...usage, cpuPercent: Number.NaN }, { ...usage, memoryBytes: '84 MB' }])(
  'figures of the process that make no sense are left out, and the partitions are there all the same: %o',
  async nonsense => {
    const reports = new Reports({ clock: new FakeClock() })
    const answer = reports.ask(1, false, () => {})
    reports.heard(1, { ...report, usage: nonsense })
    expect(await answer).toEqual({ ...report, usage: null, at: 0, isNew: true })
  },
)
