// The group.instance.id of each slot: the same for every process of the slot, different from every other primary's, unless the
// user wants a stable one. Knows nothing of the group.

import { randomBytes } from 'node:crypto'

export interface IdSettings {
  readonly clientId: string
  readonly host: string
  /** The option group_instance_id. */
  readonly given: string | undefined
  /** A short text, new each time. */
  readonly random: () => string
}

/** What brokers allow. */
const LONGEST = 249
const ILLEGAL = /[^a-zA-Z0-9._-]/g

export const randomPart = (): string => randomBytes(4).toString('hex')

export class InstanceIds {
  readonly #settings: IdSettings
  readonly #own: string
  readonly #renewed = new Map<string, string>()

  constructor(settings: IdSettings) {
    this.#settings = settings
    this.#own = settings.given ?? `${settings.clientId}-${settings.host}-${settings.random()}`
  }

  /** `slot` tells it apart from the others of this primary, and is the same after a restart. */
  of(slot: string): string {
    return legal(this.#renewed.get(slot) ?? this.#own, `-${slot}`)
  }

  /** Another one for this slot, because somebody else uses the one that it had. */
  renew(slot: string): string {
    const { given, clientId, host, random } = this.#settings
    this.#renewed.set(slot, given === undefined ? `${clientId}-${host}-${random()}` : `${given}-${random()}`)
    return this.of(slot)
  }
}

/** The end tells ids apart, so what is too long is cut in front of it. */
function legal(base: string, end: string): string {
  const clean = base.replace(ILLEGAL, '-')
  return `${clean.slice(-(LONGEST - end.length))}${end}`
}
