// The primary's view of one worker process: say something to it, end it, hear what it says and that it is gone. Alive is what
// its own handle says, never what a process id suggests. Knows nothing of slots.

import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../lib/clock.ts'
import { isToPrimary, seal, type ToPrimary, type ToWorker } from '../messages.ts'
import type { Exit } from './state.ts'

export interface WorkerHandle {
  /** 0 where it could not be forked. */
  readonly pid: number
  send(message: ToWorker): void
  kill(): void
}

export interface WorkerListener {
  message(message: ToPrimary): void
  /** Once, after its last message. */
  exited(exit: Exit): void
  /** Instead of `exited`: there never was a process. */
  forkFailed(error: Error): void
}

export type Fork = (listener: WorkerListener) => WorkerHandle

/** The kernel closes a dead process's channel at once; a process that inherited it must not hold up the replacement. */
const LAST_WORDS_MS = 250

export function handleOf(child: ChildProcess, listener: WorkerListener, clock: Clock): WorkerHandle {
  child.on('message', message => {
    if (isToPrimary(message)) listener.message(message)
  })
  child.once('exit', (code, signal) => {
    const tell = once(() => listener.exited({ code, signal }))
    if (!child.connected) return tell()
    const cancel = clock.after(LAST_WORDS_MS, tell)
    child.once('disconnect', () => {
      cancel()
      tell()
    })
  })
  // With a process id it is a message or a signal that did not arrive: the exit tells the rest.
  child.on('error', error => {
    if (child.pid === undefined) listener.forkFailed(error)
  })
  return {
    pid: child.pid ?? 0,
    send: message => {
      if (child.connected) child.send(seal(message), () => {})
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

function once(task: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    task()
  }
}
