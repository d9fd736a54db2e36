// Who waits for a message to be stored: whoever sent it, a callback that has queued several, or nobody.

import type { RacecarError } from '../errors.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import { failureOf, type GivenUp } from '../producer/answers.ts'
import type { Stored } from '../producer/surroundings.ts'

/** Why a message is not stored: the brokers', or what is wrong with the whole producer. */
export type Loss = GivenUp | RacecarError

export interface Waiting {
  stored(at: Stored): void
  lost(loss: Loss): void
}

export class One implements Waiting {
  readonly #done: Deferred<Stored> = deferred()

  get done(): Promise<Stored> {
    return this.#done.promise
  }

  stored(at: Stored): void {
    this.#done.resolve(at)
  }

  lost(loss: Loss): void {
    this.#done.reject(errorOf([loss]))
  }
}

/** All that was queued while a callback ran, by that or by what it has called. */
export class Several implements Waiting {
  readonly #nobody: Nobody
  readonly #losses: Loss[] = []
  readonly #done: Deferred<void> = deferred()
  #open = 0
  #state: 'taking' | 'waiting' | 'left' = 'taking'

  constructor(nobody: Nobody) {
    this.#nobody = nobody
  }

  /** Of what comes later nobody waits for the end. */
  get isTaking(): boolean {
    return this.#state === 'taking'
  }

  take(): void {
    this.#open++
  }

  stored(): void {
    this.#open--
    this.#look()
  }

  lost(loss: Loss): void {
    this.#open--
    if (this.#state === 'left') this.#nobody.lost(loss)
    else this.#losses.push(loss)
    this.#look()
  }

  /** Rejects with the first loss, which says how many there are; not before the others are settled. */
  async settled(): Promise<void> {
    this.#state = 'waiting'
    this.#look()
    await this.#done.promise
    if (this.#losses.length > 0) throw errorOf(this.#losses)
  }

  leave(): void {
    this.#state = 'left'
    for (const loss of this.#losses.splice(0)) this.#nobody.lost(loss)
  }

  #look(): void {
    if (this.#state === 'waiting' && this.#open === 0) this.#done.resolve()
  }
}

/** What is lost in one turn is told in one. */
export class Nobody implements Waiting {
  readonly #tell: (error: RacecarError, count: number) => void
  #losses: Loss[] = []

  constructor(tell: (error: RacecarError, count: number) => void) {
    this.#tell = tell
  }

  stored(): void {}

  lost(loss: Loss): void {
    this.#losses.push(loss)
    if (this.#losses.length === 1) queueMicrotask(() => this.#told())
  }

  #told(): void {
    const losses = this.#losses
    this.#losses = []
    this.#tell(errorOf(losses), losses.length)
  }
}

function errorOf(losses: readonly Loss[]): RacecarError {
  const given = losses.filter((loss): loss is GivenUp => 'record' in loss)
  const whole = losses.find((loss): loss is RacecarError => !('record' in loss))
  return whole ?? failureOf(given)
}
