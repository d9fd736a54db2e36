// The last word to the group. A join that is still on its way has a connection of its own and may be taken in after the leave: the
// group would count in a member that is gone, for a whole session. So the leave is repeated until the group has known us, or no
// join is under way any more; and when the coordinator cannot answer just now. Knows nothing of why we leave.

import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { within } from '../../lib/within.ts'
import { actionFor, actionOf, KafkaError, Unreached } from './codes.ts'
import type { Coordinator } from './coordinator.ts'

const AGAIN_MS = 20
const BACKOFF = { first: 100, most: 1_000, jitter: 0.3 }

export interface Leaving {
  readonly coordinator: Pick<Coordinator, 'leave' | 'forget'>
  readonly clock: Clock
  /** Empty while the broker has given none; an instance id is enough for it. */
  readonly memberId: () => string
  readonly isJoining: () => boolean
  /** On the clock's scale. */
  readonly deadline: number
}

/** Resolves when the coordinator has answered for good; rejects when it will not have it, or cannot be asked in time. */
export async function leave(leaving: Leaving): Promise<void> {
  const { clock, deadline, isJoining } = leaving
  for (;;) {
    const wasJoining = isJoining()
    const isUnknown = (await patiently(leaving)) === 'unknown'
    if (!isUnknown || !wasJoining) return
    if (clock.now() >= deadline) throw new Error('the group did not hear of a join in time to be left')
    await sleep(clock, AGAIN_MS)
  }
}

async function patiently(leaving: Leaving): Promise<'left' | 'unknown'> {
  const { clock, coordinator, deadline } = leaving
  for (let failures = 1; ; failures++) {
    try {
      return await once(leaving)
    } catch (error) {
      const action = actionFor(error)
      const wait = backoff(failures, BACKOFF)
      if (!['retry', 'refresh', 'coordinator'].includes(action) || clock.now() + wait >= deadline) throw error
      if (action === 'coordinator') coordinator.forget()
      await sleep(clock, wait)
    }
  }
}

async function once({ coordinator, clock, memberId, deadline }: Leaving): Promise<'left' | 'unknown'> {
  const left = deadline - clock.now()
  // On a connection that leads nowhere not all of the time must go by.
  const answering = coordinator.leave(memberId(), Math.max(1, Math.min(left, Math.max(1_000, left / 3))))
  // The way to the coordinator may take longer than its answer.
  if (!(await within(clock, answering, deadline))) throw new Unreached('the group could not be left in time')
  const { errorCode, members = [] } = await answering
  const code = [errorCode, ...members.map(member => member.errorCode)].find(each => actionOf(each) !== 'ok') ?? 0
  if (actionOf(code) === 'evicted') return 'unknown'
  if (actionOf(code) !== 'ok') throw new KafkaError('leaving the group', code)
  return 'left'
}
