// Where signals and racecarctl leave their requests, whoever is there to answer: the supervisor, the lone worker after it, or for
// a moment nobody. What comes in that moment is kept.

import type { Request } from '../supervisor/signals.ts'
import type { Standing } from '../supervisor/status.ts'

export interface Clerk {
  answer(request: Request): void
  status(): Standing | Promise<Standing>
}

export class Desk {
  #clerk: Clerk | undefined
  readonly #waiting: Request[] = []

  put(request: Request): void {
    if (this.#clerk) this.#clerk.answer(request)
    else this.#waiting.push(request)
  }

  async status(): Promise<Standing> {
    return this.#clerk?.status() ?? { state: 'starting', slots: [] }
  }

  open(clerk: Clerk): void {
    this.#clerk = clerk
    for (const request of this.#waiting.splice(0)) clerk.answer(request)
  }

  close(): void {
    this.#clerk = undefined
  }
}
