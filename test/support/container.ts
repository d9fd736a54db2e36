// A racecar in namespaces of its own, as in a container: it is process 1 there, and what its log says of process ids holds there
// alone. From here everything in it is seen as what descends from the command that made the namespaces.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type ProcessOptions, RacecarProcess } from './racecar-process.ts'

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']

/** Namespaces can be made here; mostly that takes root. */
export const canContain = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), '--uts', 'true']).status === 0

export interface Seen {
  readonly pid: number
  readonly parent: number
  /** As in /proc: Z is dead, and its parent has not asked about it. */
  readonly state: string
}

/** What can be run by a command that is put before it: a project, or an image. */
export interface Launcher {
  launch(under: readonly string[], ...args: string[]): ProcessOptions
}

export interface ContainerOptions {
  /** What it believes its host to be called. */
  readonly host?: string
  readonly args?: readonly string[]
}

export class Container implements AsyncDisposable {
  readonly racecar: RacecarProcess

  constructor(what: Launcher, { host, args = [] }: ContainerOptions) {
    const named = host === undefined ? [] : ['--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host]
    this.racecar = new RacecarProcess(what.launch([...UNSHARE, ...named], ...args))
  }

  /** All that is in it, by the process ids that they have here. The first is process 1 there. */
  processes(): Seen[] {
    const all = everything()
    const found: Seen[] = []
    for (let parents = [this.racecar.pid]; parents.length > 0; ) {
      const children = all.filter(({ parent }) => parents.includes(parent))
      found.push(...children)
      parents = children.map(({ pid }) => pid)
    }
    return found
  }

  /** Process 1, by its id here. */
  get first(): number {
    return this.processes()[0]!.pid
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.first, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel ends everything else in a namespace whose first process is gone.
    const [first] = this.processes()
    if (first) process.kill(first.pid, 'SIGKILL')
    await this.racecar.closed
  }
}

function everything(): Seen[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return { pid: Number(pid), parent: Number(parent), state: state! }
      } catch {
        return []
      }
    })
}
