// A worker as the host of its process's producers: they go by its options and tell their losses in its log. Where its process is a
// program's they are there before it, and go on when it has ended.

import type { Config } from '../config/options.ts'
import type { Bus } from '../events/bus.ts'
import { deferred } from '../lib/deferred.ts'
import { surroundings, type Worker } from './surroundings.ts'

export class Host implements Worker {
  readonly bus: Bus
  readonly #configured = deferred<Config | undefined>()
  isLoading: boolean = false

  constructor(bus: Bus) {
    this.bus = bus
  }

  get config(): Promise<Config | undefined> {
    return this.#configured.promise
  }

  open({ isLoading }: { readonly isLoading: boolean }): void {
    this.isLoading = isLoading
    surroundings().worker = this
  }

  configure(config: Config): void {
    this.#configured.resolve(config)
  }

  /** Who waits for its options waits no longer. */
  leave(): void {
    this.#configured.resolve(undefined)
    if (surroundings().worker === this) surroundings().worker = undefined
  }
}
