// How much of a processor a process has used. Linux only: elsewhere it says 0, and a test of it proves nothing.

import { readFileSync } from 'node:fs'

/** Clock ticks of 10 ms, on every Linux that Node runs on. */
const TICK_MS = 10

/** Milliseconds of user and system time so far. */
export function cpuOf(pid: number): number {
  if (process.platform !== 'linux') return 0
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name stands in brackets and may hold anything: the fields begin behind the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
