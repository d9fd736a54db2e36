// Processes that are ours, and proof of it. Knows nothing of Kafka. A pid alone proves nothing, since pids are reused:
// a process is known by its pid together with the moment it started.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A string that no other process will ever have for this pid, or undefined when no such process lives. */
export function startOf(pid) {
  if (process.platform !== 'linux') return startByPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name stands in brackets and may hold anything: the fields begin behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (isOver(pid, fields[0])) return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
  } catch {
    return undefined
  }
}

// A killed Java is a zombie while some of its hundred threads still close its sockets: it is over when the last of them is.
const isOver = (pid, state) => state === 'X' || (state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1)

function startByPs(pid) {
  try {
    const line = execFileSync('ps', ['-p', String(pid), '-o', 'stat=,lstart='], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
  } catch {
    return undefined
  }
}

export const identityOf = pid => ({ pid, start: startOf(pid) })

export const lives = identity =>
  identity !== undefined && identity.start !== undefined && startOf(identity.pid) === identity.start

/** Signals the process if it is still the one that was meant; says whether it did. */
export function signal(identity, name) {
  if (!lives(identity)) return false
  try {
    process.kill(identity.pid, name)
    return true
  } catch {
    return false
  }
}

/** Waits until the process is gone; says whether it went within `limit` milliseconds. */
export async function gone(identity, limit) {
  const end = performance.now() + limit
  while (lives(identity)) {
    if (performance.now() > end) return false
    await delay(20)
  }
  return true
}

/** TERM, and KILL when that was not enough. CONT, because a stopped process hears no TERM. */
export async function end(identity, grace = 20_000) {
  if (!signal(identity, 'SIGTERM')) return
  signal(identity, 'SIGCONT')
  if (await gone(identity, grace)) return
  signal(identity, 'SIGKILL')
  await gone(identity, 5000)
}
