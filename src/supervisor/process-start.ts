// When a process was started, from /proc: process ids are given again, and a number alone does not say who has it.

import { readFileSync } from 'node:fs'

/** What Linux shows to user space, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Milliseconds since the epoch; undefined where it cannot be known (no such process, or no /proc as on macOS). */
export function startedAt(pid: number): number | undefined {
  const ticks = Number(readStat(pid)?.ticks)
  const boot = Number(/^btime (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1])
  const at = (boot + ticks / TICKS_PER_SECOND) * 1000
  return Number.isFinite(at) ? at : undefined
}

/**
 * A text that no other process has, whatever its number, and whatever becomes of the wall clock. undefined where there is none:
 * no such process, one that is dead and whose parent has not asked about it yet, or no /proc.
 */
export function birthOf(pid: number): string | undefined {
  const stat = readStat(pid)
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim()
  return stat && boot && !isDead(stat) ? `${boot}:${stat.ticks}` : undefined
}

export interface Life {
  readonly pid: number
  /** By birthOf; null where that cannot be known. */
  readonly birth: string | null
}

/** Whether this process lives, and is the same. Where births cannot be known: whether anybody has its number. */
export const isStill = ({ pid, birth }: Life): boolean => (birth === null ? isAlive(pid) : birthOf(pid) === birth)

/** Whoever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's, but alive.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const stat = readStat(pid)
  return !stat || !isDead(stat)
}

interface Stat {
  readonly state: string | undefined
  readonly ticks: string | undefined
}

/** It has an entry only until its parent asks what became of it. */
const isDead = ({ state }: Stat): boolean => state === 'Z' || state === 'X'

function readStat(pid: number): Stat | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The second field is the program's name in brackets, which may itself hold blanks and brackets; of those behind it the first
  // is the state, and the 20th the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], ticks: fields[19] }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
