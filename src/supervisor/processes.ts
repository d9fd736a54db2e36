// The worker processes that live, by their runs, and the release that each slot has. A slot has one process, and for a while of a
// restart another one beside it.

import type { ToWorker } from '../messages.ts'
import type { Release } from './release.ts'
import type { WorkerHandle } from './worker-handle.ts'

export interface Process {
  readonly run: number
  readonly slot: number
  readonly handle: WorkerHandle
  readonly release: Release
}

export class Processes {
  readonly #byRun = new Map<number, Process>()
  readonly #bySlot = new Map<number, Release>()
  #release: Release
  #next: Release | undefined

  constructor(release: Release) {
    this.#release = release
  }

  get all(): Iterable<Process> {
    return this.#byRun.values()
  }

  /** Read afresh, for those that are forked by it. */
  offer(release: Release): void {
    this.#next = release
  }

  /** What was offered is everybody's. */
  adopt(): Release {
    this.#release = this.#next ?? this.#release
    // Also of slots that were retired before, should they be filled again.
    this.#bySlot.clear()
    return this.#release
  }

  releaseFor(slot: number, code: 'own' | 'new'): Release {
    if (code === 'new' && this.#next) return this.#next
    return this.#bySlot.get(slot) ?? this.#release
  }

  add(process: Process): void {
    this.#byRun.set(process.run, process)
  }

  /** The slot is this process's from now on, and so is its release. */
  settle({ slot, release }: Process): void {
    this.#bySlot.set(slot, release)
  }

  remove(run: number): void {
    this.#byRun.delete(run)
  }

  of(run: number): Process | undefined {
    return this.#byRun.get(run)
  }

  send(run: number, message: ToWorker): void {
    this.#byRun.get(run)?.handle.send(message)
  }
}
