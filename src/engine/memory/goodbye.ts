// Leaving the group in words, so that nobody waits for the session to expire.

import { type Clock, sleep } from '../../lib/clock.ts'
import type { Identity } from './protocol.ts'
import type { Remote } from './remote.ts'

export interface Goodbye {
  readonly remote: Remote
  readonly clock: Clock
  readonly groupId: string
  readonly identity: Identity
  /** On the clock's scale; later than that it is not waited for. */
  readonly deadline: number
}

/** Whether the coordinator has heard it. */
export async function sayGoodbye({ remote, clock, groupId, identity, deadline }: Goodbye): Promise<boolean> {
  const waiting = new AbortController()
  const said = remote.persist(
    cluster => {
      cluster.group(groupId).leave(identity)
      return true
    },
    () => clock.now() < deadline,
  )
  const heard = await Promise.race([said, sleep(clock, deadline - clock.now(), waiting.signal)])
  waiting.abort()
  return heard ?? false
}
