import { expect, it } from 'vitest'
import type { Target } from '../../../src/cli/ctl/find.ts'
import { stop } from '../../../src/cli/ctl/stop.ts'
import { type Identity, placeOf } from '../../../src/supervisor/run-folder.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { Rig } from './rig.ts'

// The processes that end for real are the process scenarios'. One of another container is watched by its socket alone, and that a
// test can end at will.
const ELSEWHERE = { birth: 'in another container' }

function target(rig: Rig, changes: Partial<Identity> = {}): Target {
  const identity = rig.identity(changes)
  return { identity, socket: placeOf(rig.folder, identity).socket, group: null }
}

const name = `WelcomeConsumer (${process.pid})`

it('asks, waits until it is gone, and says so', async () => {
  await using rig = new Rig()
  rig.onRequest = (_, control) => void setTimeout(() => void control.close(), 100)
  await rig.racecar(ELSEWHERE)
  expect(await stop(target(rig, ELSEWHERE), {}, rig.ground())).toBe(0)
  expect(rig.asked).toEqual([{ kind: 'stop', reason: 'racecarctl' }])
  expect(rig).toMatchObject({ out: `${name} has stopped.\n`, err: '', killed: [] })
})

it('is content where it is gone before it could be asked', async () => {
  await using rig = new Rig()
  expect(await stop(target(rig, ELSEWHERE), {}, rig.ground())).toBe(0)
})

it('gives up after its time, and forces nothing unasked', async () => {
  await using rig = new Rig()
  await rig.racecar()
  expect(await stop(target(rig), { timeout: 0.1 }, rig.ground())).toBe(1)
  expect(rig.asked.map(({ kind }) => kind)).toEqual(['stop'])
  expect(rig).toMatchObject({
    out: '',
    err: `${name} still runs after 0.1 s. --force would end it at once.\n`,
    killed: [],
  })
})

it('with force asks it to end at once before anything else', async () => {
  await using rig = new Rig()
  rig.onRequest = ({ kind }, control) => void (kind === 'kill' && control.close())
  await rig.racecar(ELSEWHERE)
  expect(await stop(target(rig, ELSEWHERE), { timeout: 0.1, force: true }, rig.ground())).toBe(0)
  expect(rig.asked.map(({ kind }) => kind)).toEqual(['stop', 'kill'])
  expect(rig.out).toBe(`${name} was ended at once; what was in hand will be handled again.\n`)
  expect(rig.killed).toEqual([])
})

it('waits for one that does not answer as well, and with force kills it', async () => {
  await using rig = new Rig()
  await rig.mute()
  const clock = new FakeClock()
  // This process takes its own SIGKILL for a note, and is still there.
  expect(await clock.when(stop(target(rig), { force: true }, rig.ground({ clock })))).toBe(1)
  expect(rig.killed).toEqual([process.pid])
  expect(rig.err).toBe(
    [
      `${name} does not answer. Waiting for 30 s.`,
      `${name} still runs after 30 s.`,
      `${name} was sent SIGKILL and is still there.\n`,
    ].join('\n'),
  )
})

it.each([
  ['was born at another time', ELSEWHERE],
  ['has no birth that could be known', { birth: null }],
])('never signals a process that %s', async (_, changes) => {
  await using rig = new Rig()
  await rig.mute(changes)
  const clock = new FakeClock()
  expect(await clock.when(stop(target(rig, changes), { timeout: 1, force: true }, rig.ground({ clock })))).toBe(1)
  expect(rig.killed).toEqual([])
  expect(rig.err).toContain('cannot be known here: it gets no signal.\n')
})

it('without force never signals one that does not answer', async () => {
  await using rig = new Rig()
  await rig.mute()
  const clock = new FakeClock()
  expect(await clock.when(stop(target(rig), {}, rig.ground({ clock })))).toBe(1)
  expect(rig.killed).toEqual([])
})
