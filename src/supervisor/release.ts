// The user's code as it was read at one time: what workers load of it, and what its classes want, asked once each. A restart reads
// it anew; a worker that dies meanwhile comes back with what it had.

import { RacecarError } from '../errors.ts'
import type { Description, LoadPlan } from '../messages.ts'
import type { Resolved } from './parts.ts'

export class Release {
  readonly #plans: readonly LoadPlan[]
  readonly #asked = new Map<string, Promise<Resolved>>()
  readonly #resolved = new Map<string, Resolved>()

  constructor(plans: readonly LoadPlan[]) {
    this.#plans = plans
  }

  planOf(consumer: string): LoadPlan {
    const plan = this.#plans.find(one => one.consumer === consumer)
    if (!plan) throw new Error(`there is no plan for ${consumer}`)
    return plan
  }

  /** By consumer, of the classes that were asked. */
  get resolved(): ReadonlyMap<string, Resolved> {
    return this.#resolved
  }

  hasAsked(consumer: string): boolean {
    return this.#asked.has(consumer)
  }

  /** `resolve` is called by the first who asks about this consumer; the others get the same answer. */
  ask(
    description: Description,
    resolve: (description: Description) => Resolved | Promise<Resolved>,
  ): Promise<Resolved> {
    const { consumer } = description
    const asked = this.#asked.get(consumer) ?? this.#ask(description, resolve)
    this.#asked.set(consumer, asked)
    return asked
  }

  async #ask(description: Description, resolve: (description: Description) => Resolved | Promise<Resolved>) {
    const resolved = await resolve(description)
    this.#resolved.set(description.consumer, resolved)
    return resolved
  }
}

/** Throws CONFIG where what a class wants by now takes more than new workers. */
export function mustFit({ config, groupId }: Resolved, before: Resolved): void {
  if (config.workers === 0) throw new RacecarError('CONFIG', 'workers is 0, and this racecar has workers.')
  if (groupId === before.groupId) return
  const sentence = `the group is ${groupId} by now, and was ${before.groupId}`
  throw new RacecarError('CONFIG', `${sentence}: that takes a stop and a start.`)
}
