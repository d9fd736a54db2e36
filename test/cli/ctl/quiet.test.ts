import { expect, it } from 'vitest'
import { racecarctl } from '../../../src/cli/racecarctl.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { changed, LOUD } from '../../../src/supervisor/quiet.ts'
import type { PartitionStatus, SlotStatus, Standing } from '../../../src/supervisor/status.ts'
import { Rig } from './rig.ts'

const name = `WelcomeConsumer (${process.pid})`

const slot = (partitions: readonly PartitionStatus[], changes: Partial<SlotStatus> = {}): SlotStatus => ({
  name: 'WelcomeConsumer/0',
  pid: 101,
  state: 'up',
  since: new Date(0).toISOString(),
  nextAt: null,
  restarts: 0,
  lastReason: null,
  answers: true,
  partitions,
  ...changes,
})

const partition = (number: number, changes: Partial<PartitionStatus> = {}): PartitionStatus => ({
  topic: 'greetings',
  partition: number,
  position: 7,
  committed: 7,
  lag: 2,
  paused: false,
  pausedUntil: null,
  why: null,
  inHandSince: null,
  quiet: true,
  ...changes,
})

/** Is as quiet as it was asked to be, and stands like this, one after the other. Answers how often it was asked. */
async function stand(rig: Rig, ...answers: readonly (readonly SlotStatus[])[]): Promise<() => number> {
  await rig.racecar()
  let asked = 0
  rig.standing = async () => {
    const quiet = rig.asked.reduce(
      (before, one) => (one.kind === 'quiet' ? (changed(before, true, one.which.partitions) ?? before) : before),
      LOUD,
    )
    const slots = answers[Math.min(asked++, answers.length - 1)] ?? []
    return { state: 'running', quiet: [{ consumer: 'WelcomeConsumer', ...quiet }], slots } satisfies Standing
  }
  return () => asked
}

it.each([
  [['quiet'], { consumers: [], partitions: [] }, 'is quiet, with nothing in hand'],
  [['continue'], { consumers: [], partitions: [] }, 'goes on'],
  [
    ['quiet', '--only', 'WelcomeConsumer', '--partition', 'greetings/3', '--partition', 'a.b-c/0'],
    { consumers: ['WelcomeConsumer'], partitions: ['greetings/3', 'a.b-c/0'] },
    'is quiet (greetings/3, a.b-c/0 of WelcomeConsumer), with nothing in hand',
  ],
  [
    ['continue', '-c', 'WelcomeConsumer', '--partition', 'greetings/3'],
    { consumers: [], partitions: ['greetings/3'] },
    'goes on (greetings/3)',
  ],
])('%j asks for that, and says so', async (argv, which, words) => {
  await using rig = new Rig()
  const both = [partition(3), partition(0, { topic: 'a.b-c' })]
  await stand(rig, [slot(both)])
  expect(await racecarctl(argv, rig.ground())).toBe(0)
  expect(rig.asked).toEqual([{ kind: argv[0], by: 'racecarctl', which }])
  expect(rig).toMatchObject({ out: `${name} ${words}.\n`, err: '' })
})

it.each([
  ['in hand', partition(3, { inHandSince: new Date(0).toISOString() })],
  ['not committed', partition(3, { position: 8 })],
  ['not known to its worker yet', partition(3, { quiet: false })],
])('quiet waits for what is %s', async (_, busy) => {
  await using rig = new Rig()
  const other = partition(4, { quiet: false, inHandSince: new Date(0).toISOString() })
  const asked = await stand(rig, [slot([busy, other])], [slot([busy, other])], [slot([partition(3), other])])
  expect(await racecarctl(['quiet', '--partition', 'greetings/3'], rig.ground())).toBe(0)
  expect(rig.out).toBe(`${name} is quiet (greetings/3), with nothing in hand.\n`)
  expect(asked()).toBe(3)
})

it('quiet waits for shutdown_timeout at most, or for the time that it is given, and names what it waits for', async () => {
  await using rig = new Rig()
  const busy = slot([partition(3, { inHandSince: new Date(0).toISOString() })])
  await stand(rig, [busy, slot([], { name: 'WelcomeConsumer/1', answers: false })])
  const words = 'not at rest: greetings/3, WelcomeConsumer/1 does not answer.\n'
  expect(await racecarctl(['quiet', '--timeout', '0'], rig.ground())).toBe(1)
  expect(rig).toMatchObject({ out: '', err: `${name} is quiet, but after 0 s ${words}` })
  let hours = 0
  const clock = { ...systemClock, now: () => systemClock.now() + hours * 3_600_000 }
  const standing = rig.standing
  rig.standing = () => {
    hours++
    return standing()
  }
  expect(await racecarctl(['quiet'], rig.ground({ clock }))).toBe(1)
  expect(rig.err).toContain(`is quiet, but after 7 s ${words}`)
})

it('a partition that nobody here has is told of', async () => {
  await using rig = new Rig()
  await stand(rig, [slot([partition(3)])])
  expect(await racecarctl(['quiet', '--partition', 'greetings/33'], rig.ground())).toBe(0)
  expect(rig.err).toBe('Nobody here has greetings/33; who gets it keeps quiet.\n')
})

it('a consumer that it does not run is a failure, and nothing is quiet', async () => {
  await using rig = new Rig()
  await stand(rig, [])
  for (const command of ['quiet', 'continue'])
    expect(await racecarctl([command, '--only', 'Other'], rig.ground())).toBe(1)
  const why = `${name} refuses: there is no consumer Other here, only WelcomeConsumer.\n`
  expect(rig).toMatchObject({ out: '', err: why + why, asked: [] })
})

it('one that stops is said to', async () => {
  await using rig = new Rig()
  await rig.racecar()
  rig.standing = async () => ({ state: 'stopping', quiet: [], slots: [] })
  for (const command of ['quiet', 'continue']) expect(await racecarctl([command], rig.ground())).toBe(1)
  expect(rig).toMatchObject({ out: '', err: `${name} is stopping.\n`.repeat(2) })
})
