import { expect, test } from 'vitest'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import type { Coordinator, Identity } from '../../../src/engine/kafkajs/coordinator.ts'
import { Heartbeat } from '../../../src/engine/kafkajs/heartbeat.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const [interval, session] = [3000, 20_000]

const member: Identity = { memberId: 'one', generation: 1 }

function beating() {
  const clock = new FakeClock()
  const beats: number[] = []
  const answers: number[] = []
  const coordinator = {
    async heartbeat() {
      beats.push(clock.now())
      return { errorCode: answers.shift() ?? 0 }
    },
  } as unknown as Coordinator
  const heartbeat = new Heartbeat({
    coordinator,
    clock,
    interval,
    session,
    timeout: 30_000,
    identity: () => member,
    isAsking: () => false,
    onAnswer: () => {},
  })
  heartbeat.start()
  return { clock, beats, answers, heartbeat }
}

test('beats come at their interval, and sooner after one that was not heard', async () => {
  const { clock, beats, answers } = beating()
  await clock.advance(interval)
  answers.push(codeOf('COORDINATOR_NOT_AVAILABLE'))
  await clock.advance(interval + 250 + interval)
  expect(beats).toEqual([3000, 6000, 6250, 9250])
})

test('while another round of joining may follow they come more often, for an interval, and then as before', async () => {
  const { clock, beats, heartbeat } = beating()
  await clock.advance(1000)
  heartbeat.hasten()
  await clock.advance(3 * interval)
  const hastened = beats.filter(at => at <= 4000)
  expect(hastened).toHaveLength(15)
  expect(hastened.slice(0, 3)).toEqual([1200, 1400, 1600])
  expect(beats.filter(at => at > 4000)).toEqual([7000, 10_000])
})

test('a message may be started while the last beat is younger than the session less a margin, and after a long sleep not before the next', async () => {
  const { clock, heartbeat } = beating()
  expect(heartbeat.holds()).toBe(false)
  await clock.advance(interval)
  expect(heartbeat.holds()).toBe(true)
  heartbeat.stop()
  await clock.advance(session - 2001)
  expect(heartbeat.holds()).toBe(true)
  await clock.advance(1)
  expect(heartbeat.holds()).toBe(false)
})
