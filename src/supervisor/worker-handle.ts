// The primary's view of one worker process: say something to it, end it, hear what it says and that it is gone. Alive is what
// its own handle says, never what a process id suggests. Knows nothing of slots.

import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../lib/clock.ts'
import { isToPrimary, seal, type ToPrimary, type ToWorker } from '../messages.ts'
import type { Exit } from './moves.ts'

export interface WorkerHandle {
  /** 0 where it could not be forked. */
  readonly pid: number
  send(message: ToWorker): void
  kill(): void
}

export type FromWorker = Exclude<ToPrimary, { type: 'ready' }>

export interface WorkerListener {
  message(message: FromWorker): void
  /** Once, after its last message. */
  exited(exit: Exit): void
  /** Instead of `exited`: there never was a process. */
  forkFailed(error: Error): void
}

export type Fork = (listener: WorkerListener) => WorkerHandle

/** The kernel closes a dead process's channel at once; a process that inherited it must not hold up the replacement. */
const LAST_WORDS_MS = 250

export function handleOf(child: ChildProcess, listener: WorkerListener, clock: Clock): WorkerHandle {
  // What is sent before the worker listens would be swallowed by node:cluster's own listener there.
  let early: ToWorker[] | undefined = []
  child.on('message', message => {
    if (!isToPrimary(message)) return
    if (message.type !== 'ready') return listener.message(message)
    for (const kept of early ?? []) post(child, kept)
    early = undefined
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
      if (early) early.push(message)
      else post(child, message)
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

function post(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(seal(message), () => {})
}

function once(task: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    task()
  }
}
