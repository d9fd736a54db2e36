import { expect, test } from 'vitest'
import { where } from '../support/ledger.ts'
import { racecarctl, statusOf, Watching } from '../support/racecarctl.ts'
import { Scenario, sharesOf } from '../support/scenario.ts'

test('racecarctl status shows every slot and partition as it is: busy, paused, done, hung and replaced', async () => {
  await using scenario = await Scenario.open('ctl-status')
  const { folder, pidfile, group } = scenario
  const racecar = scenario.racecar({ args: ['--pause-timeout', '600', '--session-timeout', '30'] })
  await scenario.served()
  const workers = racecar.workers()
  const settled = async () => (await statusOf(folder)).slots
  const partitions = async () => (await settled()).flatMap(slot => slot.partitions)

  await scenario.send(Array(60).fill({}))
  await scenario.handledAll()
  await scenario.until('everything committed', async () =>
    (await partitions()).every(({ committed }) => committed === 10),
  )
  const { slots, ...head } = await statusOf(folder)
  expect(head).toMatchObject({ pid: racecar.pid, consumer: 'ObedientConsumer', group, pidfile, state: 'running' })
  expect(head.configuration).toMatchObject({ files: [], flags: expect.arrayContaining(['--workers', '--group-id']) })
  expect(Date.parse(head.startedAt)).toBeLessThanOrEqual(Math.min(...slots.map(({ since }) => Date.parse(since))))
  expect(
    slots.map(({ name, pid, state, restarts, lastReason, answers }) => ({
      name,
      pid,
      state,
      restarts,
      lastReason,
      answers,
    })),
  ).toEqual(
    workers.map((pid, slot) => ({
      name: `ObedientConsumer/${slot}`,
      pid,
      state: 'up',
      restarts: 0,
      lastReason: null,
      answers: true,
    })),
  )
  expect(slots.map(slot => slot.partitions.map(where).sort())).toEqual(workers.map(pid => sharesOf(racecar).get(pid)))
  for (const partition of slots.flatMap(slot => slot.partitions)) {
    expect(partition).toMatchObject({ position: 10, committed: 10, lag: 0, paused: false, inHandSince: null })
  }
  for (const { memoryBytes, cpuPercent, loopDelayMs, measuredOverMs } of slots) {
    expect(memoryBytes).toBeGreaterThan(20 * 2 ** 20)
    expect(cpuPercent).toBeGreaterThanOrEqual(0)
    expect(loopDelayMs).toBeGreaterThanOrEqual(0)
    expect(measuredOverMs).toBeGreaterThan(0)
  }

  const [busy, hung, victim] = workers
  const sent = Date.now()
  const inHand = await scenario.occupy(racecar, busy!, { ms: 15_000 })
  const waiting = await scenario.send([{}, {}], { partition: inHand.partition })
  const failing = (await scenario.occupy(racecar, victim!, { do: 'throw', once: true })).partition
  await racecar.line('message.failed')
  const of = (one: number) => async () => (await partitions()).find(({ partition }) => partition === one)!
  await scenario.until('the rest behind what is in hand', async () => (await of(inHand.partition)()).lag === 3)
  const busyOne = await of(inHand.partition)()
  expect(busyOne).toMatchObject({ position: inHand.offset, committed: inHand.offset, paused: false })
  expect(busyOne).toMatchObject({ inHandOffset: inHand.offset, inHandLastOffset: inHand.offset, why: null })
  expect(waiting.map(({ offset }) => offset)).toEqual([inHand.offset + 1, inHand.offset + 2])
  expect(Date.parse(busyOne.inHandSince!)).toBeGreaterThan(sent - 1000)
  const paused = await of(failing)()
  expect(paused).toMatchObject({ paused: true, inHandSince: null, position: 10, lag: 1 })
  expect(paused.why).toMatch(/^attempt 1 failed: told to fail on \d+$/)
  expect(Date.parse(paused.pausedUntil!) - Date.now()).toBeGreaterThan(400_000)

  const last = await scenario.occupy(racecar, hung!, { ms: 5000 })
  process.kill(hung!, 'SIGSTOP')
  try {
    const [, stopped] = await settled()
    expect(stopped).toMatchObject({ pid: hung, state: 'up', answers: false })
    const { topic, partition, offset } = last
    // As it answered before that.
    expect(stopped!.partitions.map(where)).toContain(where(last))
    expect(Date.parse(stopped!.answeredAt!)).toBeLessThanOrEqual(Date.parse(stopped!.lastHeard!.at))
    expect(stopped!.lastHeard!.inHand).toEqual([
      { topic, partition, offset, lastOffset: offset, since: expect.any(String) },
    ])
    const { stdout } = await racecarctl(folder, 'status')
    expect(stdout).toContain(`ObedientConsumer is running: pid ${racecar.pid}, group ${group}`)
    expect(stdout).toMatch(new RegExp(`ObedientConsumer/1 +${hung} +up, does not answer`))
    expect(stdout).toMatch(new RegExp(` last heard .+ ago, with ${where(last)}@${offset} in hand`))
    expect(stdout).toMatch(new RegExp(`/${inHand.partition} +Obedient\\S+/0 +10 +10 +3 +3 +10 in hand for `))
    expect(stdout).toMatch(new RegExp(`/${partition} +Obedient\\S+/1 +10 +10 +0 +0 +had ${offset} in hand for `))
    expect(stdout).toMatch(new RegExp(`/${failing} +Obedient\\S+/2 +10 +10 +1 +1 +paused for another `))
    expect(stdout).toContain(`  ${paused.why}`)
    expect(stdout).toMatch(/^6 partitions, lag 4, 1 in hand, 1 paused, as far as is known of 1 worker /m)
  } finally {
    process.kill(hung!, 'SIGCONT')
  }

  process.kill(victim!, 'SIGKILL')
  await scenario.until('the replacement being there', async () => {
    const [, , replaced] = await settled()
    return replaced?.state === 'up' && replaced.pid !== victim && replaced.partitions.length === 2
  })
  expect((await settled())[2]).toMatchObject({
    restarts: 1,
    lastReason: expect.stringMatching(/^was ended by SIGKILL/),
    answers: true,
  })

  await scenario.handledAll()
  using interrupted = new Watching(folder, 'status', '--watch', '0.2', '--json')
  const objects = () => interrupted.stdout.split('\n').slice(0, -1)
  await scenario.until('several objects, one a line', () => objects().length >= 2)
  interrupted.interrupt()
  expect(await interrupted.closed).toMatchObject({ code: 0, stderr: '' })
  expect(objects().map(line => JSON.parse(line).pid)).toEqual(objects().map(() => racecar.pid))

  using left = new Watching(folder, 'status', '--watch', '0.2')
  await scenario.until('several tables', () => left.stdout.split('ObedientConsumer is running').length > 2)
  expect((await racecarctl(folder, 'stop')).code).toBe(0)
  expect(await left.closed).toMatchObject({ code: 1, stderr: expect.stringMatching(/ is gone\.$/m) })
  expect(await scenario.ended(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()
})
