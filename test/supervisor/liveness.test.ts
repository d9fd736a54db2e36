import { expect, it } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { Liveness } from '../../src/supervisor/liveness.ts'
import { FakeClock } from '../support/fake-clock.ts'

interface World {
  readonly clock: FakeClock
  readonly liveness: Liveness
  readonly touched: number[]
  readonly said: string[]
  helpless: readonly string[]
  touch: () => Promise<void>
  isReleased: boolean
}

function started(maxIntervalMs = 5000): World {
  const clock = new FakeClock(0)
  const world: World = {
    clock,
    touched: [],
    said: [],
    helpless: [],
    touch: async () => {},
    isReleased: false,
    liveness: new Liveness({
      file: {
        path: '/tmp/alive',
        touch: async epoch => {
          await world.touch()
          world.touched.push(epoch)
        },
        release: async () => {
          world.isReleased = true
        },
      },
      maxIntervalMs,
      helpless: () => world.helpless,
      say: (level, message) => world.said.push(`${level}: ${message}`),
      clock,
    }),
  }
  world.liveness.start()
  return world
}

const LIVES = 'info: The liveness file /tmp/alive says that this racecar lives while it is younger than 5 s.'

it.each([
  [5000, [1000, 2000, 3000]],
  [1000, [250, 500, 750]],
  [60_000, [1000, 2000, 3000]],
])('the file is touched at least each second, and four times in %s ms', async (maxIntervalMs, times) => {
  const { clock, touched } = started(maxIntervalMs)
  await clock.advance(times[2]!)
  expect(touched).toEqual(times)
})

it('while nothing can be done for a consumer it is not touched, which is said once, and when that is over', async () => {
  const world = started()
  await world.clock.advance(1000)
  world.helpless = ['MailConsumer']
  await world.clock.advance(4000)
  expect(world.said).toEqual([LIVES])
  await world.clock.advance(60_000)
  expect(world.touched).toEqual([1000])
  expect(world.said.slice(1)).toEqual([
    'error: The liveness file /tmp/alive has not been touched for 5 s: nothing can be done any more for MailConsumer.',
  ])
  world.helpless = []
  await world.clock.advance(1000)
  expect(world.touched).toHaveLength(2)
  expect(world.said.slice(2)).toEqual(['info: The liveness file /tmp/alive is touched again.'])
})

it('what is over in a moment is not spoken of', async () => {
  const world = started()
  world.helpless = ['MailConsumer']
  await world.clock.advance(4000)
  world.helpless = []
  await world.clock.advance(60_000)
  expect(world.said).toEqual([LIVES])
})

it('a file that cannot be touched is spoken of, and tried again', async () => {
  const world = started()
  world.touch = async () => {
    throw new Error('read-only file system')
  }
  await world.clock.advance(10_000)
  expect(world.said.slice(1)).toEqual([
    'error: The liveness file /tmp/alive has not been touched for 5 s: read-only file system.',
  ])
  world.touch = async () => {}
  await world.clock.advance(1000)
  expect(world.touched).toEqual([11_000])
})

it('a stop waits for what is under way, gives the file up, and touches it no more', async () => {
  const world = started()
  const slow = deferred<void>()
  world.touch = () => slow.promise
  await world.clock.advance(1000)
  const stopped = world.liveness.stop()
  await world.clock.advance(500)
  expect(world.isReleased).toBe(false)
  slow.resolve()
  await stopped
  expect(world.isReleased).toBe(true)
  await world.clock.advance(60_000)
  expect(world.touched).toEqual([1000])
  expect(world.clock.pending).toBe(0)
})

it('a disk that does not answer holds up no stop', async () => {
  const world = started()
  world.touch = () => new Promise(() => {})
  await world.clock.advance(10_000)
  expect(world.said[1]).toContain('has not been touched for 5 s: the disk does not answer.')
  await world.clock.when(world.liveness.stop(), { within: 1000 })
  expect(world.clock.pending).toBe(0)
})
