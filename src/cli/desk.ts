// Where signals and racecarctl leave their requests, whoever is there to answer: the supervisor, the lone worker after it, or for
// a moment nobody. What comes in that moment is kept.

import type { Cancel, Clock } from '../lib/clock.ts'
import type { Request } from '../supervisor/signals.ts'
import type { Outline, Standing } from '../supervisor/status.ts'

export interface Clerk {
  answer(request: Request): void
  status(): Standing | Promise<Standing>
  /** Consumers that nothing more can be done for. */
  helpless(): readonly string[]
  outline(): Outline
}

/** systemd sends SIGCONT right after SIGTERM, and the system does not keep their order. */
const MOMENT_MS = 250

export class Desk {
  readonly #clock: Clock
  #clerk: Clerk | undefined
  readonly #waiting: Request[] = []
  #cancelLate: Cancel = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A signal's request. One to go on has a moment's time, so that it is nothing to a stop that belongs to it. */
  heard(request: Request): void {
    if (request.kind !== 'continue') return this.put(request)
    this.#cancelLate()
    this.#cancelLate = this.#clock.after(MOMENT_MS, () => this.put(request))
  }

  put(request: Request): void {
    // The last word holds.
    if (request.kind === 'quiet' || request.kind === 'continue') this.#cancelLate()
    if (this.#clerk) this.#clerk.answer(request)
    else this.#waiting.push(request)
  }

  async status(): Promise<Standing> {
    return this.#clerk?.status() ?? { state: 'starting', quiet: [], restart: null, slots: [] }
  }

  helpless(): readonly string[] {
    return this.#clerk?.helpless() ?? []
  }

  outline(): Outline {
    return this.#clerk?.outline() ?? { up: 0, of: 0 }
  }

  open(clerk: Clerk): void {
    this.#clerk = clerk
    for (const request of this.#waiting.splice(0)) clerk.answer(request)
  }

  close(): void {
    this.#clerk = undefined
  }
}
