// Time as something that is handed in. Everything that waits or measures takes a Clock, so that tests decide what time it is
// and a wall clock that jumps cannot end a session. Knows nothing of who waits.

/** Cancels what it was returned for; calling it again, or too late, does nothing. */
export type Cancel = () => void

export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary origin: for durations and deadlines, never for display. */
  now(): number
  /** Milliseconds since the epoch: for display and for what Kafka calls a timestamp, never for durations. */
  epoch(): number
  /** Calls `task` once after `ms` milliseconds. A pending task keeps the process alive, so that nothing ends without a word. */
  after(ms: number, task: () => void): Cancel
}

// setTimeout holds a 32-bit number of milliseconds and fires at once for anything longer.
const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_TIMER))
    return () => clearTimeout(timer)
  },
}

/** Whose pending tasks keep no process alive. */
export const backgroundClock: Clock = {
  ...systemClock,
  after(ms, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_TIMER)).unref()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or at once when `signal` aborts. It never rejects: the caller looks at what has changed. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const finish = () => {
      cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(ms, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}

/** Calls `task` every `ms` milliseconds, with how many have passed by then. */
export function every(clock: Clock, ms: number, task: (sinceMs: number) => void): Cancel {
  const since = clock.now()
  const again = (): Cancel =>
    clock.after(ms, () => {
      task(clock.now() - since)
      cancel = again()
    })
  let cancel = again()
  return () => cancel()
}
