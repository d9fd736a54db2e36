import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { leave } from '../../../src/engine/kafkajs/leaving.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Answers what is in turn, and remembers whom it was asked about. */
class FakeCoordinator {
  readonly asked: string[] = []
  constructor(private readonly answers: string[]) {}

  forget() {}

  leave(memberId: string) {
    this.asked.push(memberId)
    const name = this.answers.shift() ?? 'UNKNOWN_MEMBER_ID'
    return Promise.resolve({ errorCode: 0, members: [{ errorCode: codeOf(name) }] })
  }
}

const settings = (answers: string[]) => {
  const [clock, coordinator] = [new FakeClock(), new FakeCoordinator(answers)]
  return { clock, coordinator, memberId: () => 'me', isJoining: () => true, deadline: 1000 }
}

describe('the leave of a member', () => {
  test('is said once to a group that knows it', async () => {
    const all = settings(['NONE'])
    await leave(all)
    expect(all.coordinator.asked).toEqual(['me'])
  })

  test('is said once where no join is under way, though the group does not know it any more', async () => {
    const all = settings([])
    await leave({ ...all, isJoining: () => false })
    expect(all.coordinator.asked).toEqual(['me'])
  })

  test('is repeated, under the id that the join was given, until a join that is under way has arrived', async () => {
    const all = settings(['UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'NONE'])
    const memberId = () => (all.coordinator.asked.length < 2 ? '' : 'given')
    await all.clock.when(leave({ ...all, memberId }))
    expect(all.coordinator.asked).toEqual(['', '', 'given'])
  })

  test('is said once more after the answer to a join', async () => {
    const all = settings([])
    await all.clock.when(leave({ ...all, isJoining: () => all.coordinator.asked.length === 0 }))
    expect(all.coordinator.asked).toEqual(['me', 'me'])
  })

  test('is given up at the deadline', async () => {
    const all = settings([])
    await expect(all.clock.when(leave(all))).rejects.toThrow('in time')
    expect(all.clock.now()).toBe(1000)
  })
})
