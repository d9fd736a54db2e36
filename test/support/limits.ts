// What the system lets a process have, made scarce while it runs and plenty again, by prlimit.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { bin, type RacecarProcess } from './racecar-process.ts'

type Command = readonly string[]

/** Limits on processes do not bind root. The command becomes what it runs: the process id stays. */
export const AS_NOBODY: Command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
export const NOBODY = 65_534

export const canLimit = run(['prlimit', '--version']).status === 0
/** Takes root, and a checkout that nobody may read. */
export const canBeNobody = canLimit && run([...AS_NOBODY, process.execPath, bin, '--version']).status === 0

/** Returns what lifts the limit again. `by`: a command that makes a command the user's whose process it is. */
export function limit(pid: number, what: 'nproc' | 'nofile', to: number, by: Command = []): () => void {
  const prlimit = (...args: string[]) => {
    const { status, stdout, stderr } = run([...by, 'prlimit', '--pid', `${pid}`, ...args])
    if (status !== 0) throw new Error(`prlimit failed: ${stderr}`)
    return stdout.trim()
  }
  const before = prlimit(`--${what}`, '--output=SOFT', '--noheadings', '--raw')
  // The soft limit alone: raising the hard one again is nobody's right.
  prlimit(`--${what}=${to}:`)
  return () => void prlimit(`--${what}=${before}:`)
}

const descriptors = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`)

export const openFiles = (pid: number): number => descriptors(pid).length

/** Megabytes that are in memory. */
export const resident = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

/** As the limit on open files it leaves room for none: the limit is on their numbers. */
export function lowestFree(pid: number): number {
  const taken = new Set(descriptors(pid))
  let free = 0
  while (taken.has(`${free}`)) free++
  return free
}

function run([command, ...args]: Command) {
  return spawnSync(command!, args, { encoding: 'utf8' })
}

/** Resolves when the slot could not be forked three times for that reason, each time after a longer wait. */
export async function triedEverLessOften(racecar: RacecarProcess, slot: string, reason: string): Promise<void> {
  const failures = () => racecar.all('line', ({ level, message }) => level === 'error' && message.includes(reason))
  await racecar.until('three attempts', () => failures().length === 3)
  expect(failures()[0]!.message).toMatch(new RegExp(`^${slot} could not be forked: spawn .+ ${reason}$`))
  const [first, , third] = failures()
  expect(third!.at - first!.at, 'milliseconds between the first attempt and the third').toBeGreaterThan(2500)
}
