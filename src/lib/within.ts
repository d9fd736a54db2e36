// Waits for something, but not beyond an instant.

import type { Clock } from './clock.ts'

/** Whether `promise` settled, well or badly, before `at` on the clock's scale. What has already settled always counts. */
export function within(clock: Clock, promise: Promise<unknown>, at: number): Promise<boolean> {
  return new Promise(resolve => {
    const cancel = clock.after(Math.max(0, at - clock.now()), () => resolve(false))
    const settled = () => {
      cancel()
      resolve(true)
    }
    promise.then(settled, settled)
  })
}
