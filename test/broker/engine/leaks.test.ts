// What an engine leaves behind when it has stopped: nothing. No socket, no timer, no place in the group.

import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'
import { openTrial, type Trial } from './member.ts'

const CYCLES = 100
const AT_ONCE = 5

const openFiles = (): number => readdirSync('/proc/self/fd').length

/** What keeps the process alive, by kind. */
const alive = (kind: 'TCPSocketWrap' | 'TCPConnectWrap' | 'Timeout'): number =>
  process.getActiveResourcesInfo().filter(one => one === kind).length

const holding = () => ({ sockets: alive('TCPSocketWrap') + alive('TCPConnectWrap'), timers: alive('Timeout') })

async function cycle({ world, topic }: Trial, turn: number): Promise<void> {
  const probe = await world.begin({ topic, group: `turn-${turn}` })
  // Some are stopped at once, some on their way in, some as members.
  if (turn % 3 === 1) await new Promise(resolve => setTimeout(resolve, turn % 20))
  if (turn % 3 === 2) await probe.started
  await probe.stop(turn % 2 === 0)
  await probe.started
}

test('a stop leaves neither socket nor timer', async () => {
  await using trial = await openTrial()
  const { harness, topic, world } = trial
  for (const [turn, leave] of [true, false, true].entries()) {
    const before = holding()
    const probe = await world.begin({ topic, group: `${turn}` })
    await probe.started
    // Something for every kind of connection.
    await harness.produce(topic, 0, ['x'])
    await harness.until('the record', () => probe.seen.length > 0)
    const own = { topic, key: null, value: Buffer.from('y'), headers: [], partition: 1 }
    expect(await probe.engine.produce([own])).toEqual([undefined])
    expect(holding().sockets).toBeGreaterThan(before.sockets)
    await probe.stop(leave)
    await harness.until('nothing to be left', () => {
      const after = holding()
      return after.sockets <= before.sockets && after.timers <= before.timers
    })
  }
})

test('a stop in the middle of an outage leaves no timer either', async () => {
  await using trial = await openTrial()
  const before = holding()
  const nowhere = { brokers: ['127.0.0.1:1'] }
  const probe = await trial.world.begin({ topic: trial.topic, settings: nowhere })
  await trial.harness.until('some attempts', () => probe.events('broker.unreachable').length > 0)
  const deadline = systemClock.now() + 500
  probe.over = true
  await probe.engine.stop({ leave: true, deadline })
  expect(holding().timers).toBeLessThanOrEqual(before.timers)
})

test(`${CYCLES} starts and stops leave the number of open files as it was`, { timeout: 60_000 }, async () => {
  await using trial = await openTrial()
  for (let turn = 0; turn < AT_ONCE; turn++) await cycle(trial, turn)
  const before = openFiles()
  for (let turn = 0; turn < CYCLES; turn += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => cycle(trial, turn + i)))
  }
  await trial.harness.until('the files to be closed', () => openFiles() <= before + 2)
  const groups = Array.from({ length: CYCLES }, (_, turn) => trial.world.groupId(`turn-${turn}`))
  await trial.harness.until('the groups to be empty', async () => {
    const views = await Promise.all(groups.map(group => trial.harness.topics.group(group)))
    return views.every(({ members }) => members.length === 0)
  })
})
