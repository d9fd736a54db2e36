// Row 59: brokers that are not there, at the start or later. It is waited out: little is tried, little is said, nothing ends; and
// when they are there again it goes on at once.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { cpuOf } from '../../support/cpu.ts'
import { openTrial, type Trial } from './member.ts'

/** How long the outages last. Row 59's bound is five per cent of a processor. */
const OUTAGE_MS = 8_000
const CPU_SHARE = 0.05

async function outage({ harness }: Trial): Promise<{ cpuShare: number }> {
  const [began, cpu] = [performance.now(), cpuOf(process.pid)]
  await harness.until('the outage to be over', () => performance.now() - began > OUTAGE_MS)
  return { cpuShare: (cpuOf(process.pid) - cpu) / (performance.now() - began) }
}

const lines = (probe: { events(name: 'line'): { level: string }[] }): number =>
  probe.events('line').filter(({ level }) => level === 'info' || level === 'warn' || level === 'error').length

test('a start without brokers waits for them, and says so once', { timeout: 40_000 }, async () => {
  await using trial = await openTrial()
  const { harness, topic } = trial
  await harness.produce(topic, 0, values(5))
  let isStarted = false
  const { probe, proxy } = await trial.join({ wait: false })
  proxy.refuse()
  proxy.cut()
  void probe.started.then(() => {
    isStarted = true
  })
  const { cpuShare } = await outage(trial)
  expect(isStarted).toBe(false)
  const [said, ...more] = probe.events('broker.unreachable')
  expect(more).toEqual([])
  expect(said).toMatchObject({ broker: proxy.address, error: { message: expect.stringContaining('ECONNREFUSED') } })
  expect(said!.waitingMs).toBeGreaterThanOrEqual(3_000)
  expect(lines(probe)).toBeLessThan(OUTAGE_MS / 1_000)
  expect(cpuShare).toBeLessThan(CPU_SHARE + (await idleShare(trial)))
  await proxy.heal()
  await probe.started
  await harness.until('the records', () => probe.seen.length === 5)
  expect(probe.events('broker.reachable')).toHaveLength(1)
})

test('an outage that outlasts the session is no reason to knock more than a few times a second', {
  timeout: 40_000,
}, async () => {
  await using trial = await openTrial()
  const { harness, topic } = trial
  const { probe, proxy } = await trial.join()
  await harness.produce(topic, 0, values(5))
  await harness.until('the records', () => probe.seen.length === 5)
  probe.doomed = true
  let knocks = 0
  // Ended as soon as they stand: each attempt to connect is seen.
  proxy.onRequest = () => {
    knocks += 1
    return 'cut'
  }
  proxy.cut()
  await outage(trial)
  expect(knocks).toBeGreaterThan(2)
  expect(knocks).toBeLessThan((OUTAGE_MS / 1_000) * 4)
  expect(lines(probe)).toBeLessThan(OUTAGE_MS / 1_000)
  proxy.onRequest = undefined
  await harness.produce(topic, 0, values(5, 5))
  await harness.until('the rest', () => new Set(probe.values()).size === 10)
  expect(probe.failure).toBeUndefined()
})

/** What the test itself and its neighbours use. */
async function idleShare({ harness }: Trial): Promise<number> {
  const [began, cpu] = [performance.now(), cpuOf(process.pid)]
  await harness.until('a second to be over', () => performance.now() - began > 1_000)
  return (cpuOf(process.pid) - cpu) / (performance.now() - began)
}
