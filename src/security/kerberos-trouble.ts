// What MIT Kerberos says when there is no ticket, and what to do about it. Whether anybody refuses us, or nobody has answered, is
// all that is decided here.

import { asSentence } from '../lib/sentence.ts'
import type { TicketSource } from './sasl.ts'

/** As the second half of a sentence: `no ticket for kafka on broker-1: …`. */
export class KerberosError extends Error {
  override readonly name = 'KerberosError'
  /** false: it may be that no KDC has answered, and that one will. */
  readonly isRefusal: boolean

  constructor(message: string, { isRefusal }: { readonly isRefusal: boolean }) {
    super(message)
    this.isRefusal = isRefusal
  }
}

type Kind = TicketSource['kind']

/** The ticket ended between two steps. */
const MIDWAY = /context has expired/i
const OUTAGE =
  /Cannot contact any KDC|Cannot find KDC|Cannot resolve (network address|servers) for KDC|unable to reach any KDC/i

export const isOutage = (text: string): boolean => OUTAGE.test(text)

const EXPIRY = /(ticket|credentials?) (has |have )?expired/i
export const isExpiry = (text: string): boolean => EXPIRY.test(text)

/** The first that fits. `cure` may depend on where tickets come from. */
const CURES: readonly (readonly [says: RegExp, cure: string | Readonly<Record<Kind, string>>])[] = [
  [
    /Cannot (find KDC|resolve)/i,
    'Name the KDCs of this realm in krb5.conf (KRB5_CONFIG says where that is), or look at what DNS says of them',
  ],
  [MIDWAY, 'The ticket came to its end while it was shown: the next attempt takes another one'],
  [OUTAGE, 'Look at the KDCs that krb5.conf names, and at the way to them'],
  [
    /Server .* not found in Kerberos database/i,
    'Look at sasl_kerberos_service_name, and at the name by which the broker is reached, in brokers and in its advertised.listeners: the KDC has to know a service of that name on that host',
  ],
  [
    /Client .* not found in Kerberos database/i,
    'Look at sasl_kerberos_principal and sasl_kerberos_keytab: the KDC does not know who that is',
  ],
  [
    /default realm|determine realm/i,
    'Set default_realm in krb5.conf (KRB5_CONFIG says where that is), or name the realm in sasl_kerberos_principal',
  ],
  [
    EXPIRY,
    {
      keytab: 'The KDC gives tickets that have expired: look at its clock',
      command:
        'sasl_kerberos_kinit_cmd has left an old ticket in the cache: look at where it puts new ones (KRB5CCNAME)',
      cache: 'Get another one by kinit, or set sasl_kerberos_keytab, from which tickets are renewed in time',
    },
  ],
  [
    /No Kerberos credentials available|Can't find client principal|Matching credential not found|credentials cache/i,
    {
      keytab: 'Look at sasl_kerberos_keytab, and at whether it holds a key of sasl_kerberos_principal',
      command:
        'sasl_kerberos_kinit_cmd has put none into the cache that is looked into (KRB5CCNAME), or one of somebody else than sasl_kerberos_principal',
      cache:
        'Get one by kinit, as the user that racecar runs as and for sasl_kerberos_principal, or set sasl_kerberos_keytab',
    },
  ],
  [/clock skew/i, "Set the clock of this machine, or the KDC's: five minutes are all that may lie between them"],
  [
    /Decrypt integrity check|Preauthentication failed|Password incorrect|Integrity check/i,
    'The KDC has another key of that principal by now: have its keytab written anew',
  ],
  [
    /encryption type|etype|no suitable keys/i,
    'The keytab has no key of a kind that the KDC takes: have it written anew, or look at permitted_enctypes in krb5.conf',
  ],
  [/revoked|locked out/i, 'The principal is locked at the KDC'],
]

/** What GSS-API says before what Kerberos says, and tells nobody anything. */
const NOISE =
  /^(Unspecified GSS failure\.\s+Minor code may provide more information|No credentials were supplied, or the credentials were unavailable or inaccessible): (?=\S)/

export function troubleOf(text: string, kind: Kind): KerberosError {
  const why = text.replace(NOISE, '').trim()
  const cure = CURES.find(([says]) => says.test(why))?.[1] ?? 'KRB5_TRACE=/dev/stderr has Kerberos tell more'
  const message = `${asSentence(why)} ${typeof cure === 'string' ? cure : cure[kind]}`
  return new KerberosError(message, { isRefusal: !isOutage(why) && !MIDWAY.test(why) })
}
