// The last word to the group. A join that is still on its way has a connection of its own and may be taken in after the leave: the
// group would count in a member that is gone, for a whole session. So the leave is repeated until the group has known us, or no
// join is under way any more. Knows nothing of why we leave.

import { type Clock, sleep } from '../../lib/clock.ts'
import { actionOf } from './codes.ts'
import type { Coordinator } from './coordinator.ts'

const AGAIN_MS = 20

export interface Leaving {
  readonly coordinator: Pick<Coordinator, 'leave'>
  readonly clock: Clock
  /** Empty while the broker has given none; an instance id is enough for it. */
  readonly memberId: () => string
  readonly isJoining: () => boolean
  /** On the clock's scale. */
  readonly deadline: number
}

/** Resolves when the coordinator has answered for good; rejects when it cannot be asked, or not in time. */
export async function leave({ coordinator, clock, memberId, isJoining, deadline }: Leaving): Promise<void> {
  for (;;) {
    const wasJoining = isJoining()
    const { errorCode, members = [] } = await coordinator.leave(memberId(), Math.max(1, deadline - clock.now()))
    const isUnknown = [errorCode, ...members.map(member => member.errorCode)].some(code => actionOf(code) === 'evicted')
    if (!isUnknown || !wasJoining) return
    if (clock.now() >= deadline) throw new Error('the group did not hear of a join in time to be left')
    await sleep(clock, AGAIN_MS)
  }
}
