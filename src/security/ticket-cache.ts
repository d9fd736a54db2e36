// Where MIT Kerberos's library looks for keys and tickets: it is told by the environment of the process, which it reads each time.
// With a keytab tickets are kept in memory, so that processes which share the keytab do not write over each other's.

import { resolve } from 'node:path'
import { KerberosError } from './kerberos-trouble.ts'
import { pathOf } from './keytab.ts'
import type { TicketSource } from './sasl.ts'

const OURS = /^MEMORY:racecar-(\d+)-/

/** Throws KerberosError where this process has tickets of another kind already: it has one environment. */
export function lookInto(tickets: TicketSource, env: NodeJS.ProcessEnv = process.env, pid = process.pid): void {
  const path = tickets.kind === 'keytab' ? resolve(pathOf(tickets.file)) : undefined
  const cache = path === undefined ? undefined : `MEMORY:racecar-${pid}-${path}`
  const owner = OURS.exec(env.KRB5CCNAME ?? '')?.[1]
  if (owner === String(pid)) {
    if (env.KRB5CCNAME === cache) return
    throw new KerberosError(
      `one process has tickets of one keytab alone, and this one has those of ${env.KRB5_CLIENT_KTNAME}`,
      { isRefusal: true },
    )
  }
  // This process was forked by one of ours that had looked for itself.
  if (owner !== undefined) {
    delete env.KRB5CCNAME
    delete env.KRB5_CLIENT_KTNAME
  }
  if (path === undefined) return
  env.KRB5CCNAME = cache
  env.KRB5_CLIENT_KTNAME = `FILE:${path}`
}
