// Shows who we are by a ticket of Kerberos (SASL's GSSAPI, RFC 4752), with MIT Kerberos's own library by the package `kerberos`.
// Knows no Kafka: tokens go to and fro by a function. What is asked of a KDC is bounded, and asked one at a time.

import type { Clock } from '../lib/clock.ts'
import { type InTurn, inTurn } from '../lib/in-turn.ts'
import { reasonOf } from '../lib/reason.ts'
import { within } from '../lib/within.ts'
import { type Gss, type GssClient, KRB5, loadGss } from './gss.ts'
import { isExpiry, KerberosError, troubleOf } from './kerberos-trouble.ts'
import { principalsIn } from './keytab.ts'
import { Kinit } from './kinit.ts'
import { Unusable } from './pem.ts'
import { filled } from './placeholders.ts'
import type { ByTicket, TicketSource } from './sasl.ts'
import { forgetTickets, lookInto } from './ticket-cache.ts'
import { isAnswered } from './ticket-process.ts'

/** Resolves to the answer. */
export type SayToken = (token: Buffer) => Promise<Buffer>

export interface KerberosParts {
  readonly sasl: ByTicket
  readonly clock: Clock
  /** Of a ticket that could not be renewed while the one before still holds. */
  readonly warn: (why: string) => void
  readonly load?: () => Gss
  readonly isAnswered?: typeof isAnswered
}

/** Milliseconds within which a KDC must have answered; the library itself tries for half a minute, or several. */
export const KDC_MS = 10_000
/** Tickets that were dropped stay in memory. */
const DROP_MS = 60_000
/** A bit of the first byte: nothing but this message is wrapped. */
const NO_LAYER = 1
/** The package reads more of the server's answer than there is, and says no more than that bit: so does this, in eight bytes. */
const CHOICE = Buffer.alloc(8).toString('base64')

export class Kerberos {
  readonly #parts: KerberosParts
  readonly #kinit: Kinit | undefined
  /** A KDC that does not answer holds up one of the few threads that Node has, not all of them. */
  readonly #inTurn: InTurn = inTurn()
  #gss: Gss | undefined
  /** Hosts whose tickets a KDC did not answer for: until one does that is not asked for in this process. */
  readonly #silent = new Set<string>()
  #droppedAt = Number.NEGATIVE_INFINITY

  constructor(parts: KerberosParts) {
    this.#parts = parts
    const { tickets } = parts.sasl
    if (tickets.kind === 'command')
      this.#kinit = new Kinit({ ...parts, command: () => commandOf(parts.sasl, tickets), againMs: tickets.againMs })
  }

  /** Resolves when the broker has shown who it is and knows who we are. Rejects with KerberosError, or as `say` does. */
  async prove(host: string, say: SayToken): Promise<void> {
    if (this.#kinit) await this.#told(this.#kinit.fresh())
    const { client, token: first } = await this.#begin(host)
    let token = first
    while (!client.contextComplete) token = await this.#told(client.step(base64(await say(bytes(token)))))
    const offer = bytes(await this.#told(client.unwrap(base64(await say(bytes(token))))))
    if (offer.length !== 4 || (offer[0]! & NO_LAYER) === 0)
      throw new KerberosError(
        'it wants all that is said to be wrapped by Kerberos: set its sasl.qop to auth, and encrypt by TLS',
        {
          isRefusal: true,
        },
      )
    await say(bytes(await this.#told(client.wrap(CHOICE, { user: client.username }))))
  }

  /** A broker did not take the ticket, perhaps for having another key by now, where it would be shown again until it expires. */
  drop(): void {
    const now = this.#parts.clock.now()
    if (now - this.#droppedAt < DROP_MS) return
    this.#droppedAt = now
    forgetTickets()
  }

  /** Asks a KDC, unless there is a ticket for that service. */
  async #begin(host: string) {
    const { clock, sasl } = this.#parts
    const end = clock.now() + KDC_MS
    const late = new KerberosError(
      `no KDC has answered within ${KDC_MS / 1000} s. Look at the KDCs that krb5.conf names, and at the way to them`,
      { isRefusal: false },
    )
    const beginning = this.#inTurn(async () => {
      // Whoever wanted it has given up by now.
      if (clock.now() >= end) throw late
      this.#gss ??= (this.#parts.load ?? (() => loadGss(process.cwd())))()
      lookInto(sasl.tickets)
      if (this.#silent.has(host) && !(await this.#isHeard(host, end))) throw late
      this.#silent.delete(host)
      return this.#firstStep(this.#gss, host)
    })
    if (await within(clock, beginning, end)) return this.#told(beginning)
    this.#silent.add(host)
    throw late
  }

  async #isHeard(host: string, end: number): Promise<boolean> {
    const { clock, sasl, isAnswered: ask = isAnswered } = this.#parts
    const controller = new AbortController()
    const answering = ask(`${sasl.serviceName}@${host}`, sasl.principal, controller.signal)
    const isInTime = await within(clock, answering, end)
    controller.abort()
    return isInTime && answering
  }

  async #firstStep(gss: Gss, host: string, isFresh = false): Promise<{ client: GssClient; token: string | null }> {
    const { serviceName, principal, tickets } = this.#parts.sasl
    try {
      const client = await gss.initializeClient(`${serviceName}@${host}`, { mechOID: KRB5, principal })
      return { client, token: await client.step('') }
    } catch (error) {
      // With a keytab the library fails to renew it without a word, and tries only every half a minute: it is to say why, at once.
      if (isFresh || tickets.kind !== 'keytab' || !isExpiry(reasonOf(error))) throw error
      forgetTickets()
      return this.#firstStep(gss, host, true)
    }
  }

  async #told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof KerberosError) throw error
      if (error instanceof Unusable) throw new KerberosError(error.message, { isRefusal: true })
      throw troubleOf(reasonOf(error), this.#parts.sasl.tickets.kind)
    }
  }
}

const base64 = (token: Buffer): string => token.toString('base64')
const bytes = (token: string | null): Buffer => Buffer.from(token ?? '', 'base64')

const PRINCIPAL = 'sasl.kerberos.principal'
const KEYTAB = 'sasl.kerberos.keytab'

/** Whoever is not named is the first in the keytab, where there is one. */
function commandOf({ principal }: ByTicket, { command, values }: TicketSource & { kind: 'command' }): string {
  const keytab = values[KEYTAB]
  const first = () => (keytab === undefined ? undefined : principalsIn(keytab)[0])
  return filled(command, { ...values, [PRINCIPAL]: principal ?? first() })
}
