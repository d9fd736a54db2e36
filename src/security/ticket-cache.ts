// Where MIT Kerberos's library looks for keys and tickets: it is told by the environment of the process, which it reads each time.
// With a keytab tickets are kept in memory, so that processes which share the keytab do not write over each other's.

import { resolve } from 'node:path'
import { KerberosError } from './kerberos-trouble.ts'
import { pathOf } from './keytab.ts'
import type { TicketSource } from './sasl.ts'

/** The process that it belongs to, how many there were before, and the keytab. */
const OURS = /^MEMORY:racecar-(\d+)-(\d+)-(.*)$/

/** Throws KerberosError where this process has tickets of another kind already: it has one environment. */
export function lookInto(tickets: TicketSource, env: NodeJS.ProcessEnv = process.env, pid = process.pid): void {
  const keytab = tickets.kind === 'keytab' ? resolve(pathOf(tickets.file)) : undefined
  const [, owner, , of] = OURS.exec(env.KRB5CCNAME ?? '') ?? []
  if (owner === String(pid)) {
    if (of === keytab) return
    throw new KerberosError(`one process has tickets of one keytab alone, and this one has those of ${of}`, {
      isRefusal: true,
    })
  }
  // This process was forked by one of ours that had looked for itself.
  if (owner !== undefined) {
    delete env.KRB5CCNAME
    delete env.KRB5_CLIENT_KTNAME
  }
  if (keytab === undefined) return
  env.KRB5CCNAME = `MEMORY:racecar-${pid}-0-${keytab}`
  env.KRB5_CLIENT_KTNAME = `FILE:${keytab}`
}

/** Has tickets of a keytab got afresh; those that are there are left in memory, a few kilobytes. */
export function forgetTickets(env: NodeJS.ProcessEnv = process.env): void {
  const [, owner, count, keytab] = OURS.exec(env.KRB5CCNAME ?? '') ?? []
  if (owner !== undefined) env.KRB5CCNAME = `MEMORY:racecar-${owner}-${Number(count) + 1}-${keytab}`
}
