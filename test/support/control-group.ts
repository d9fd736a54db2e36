// A control group of the system's, made for a test and removed after it: what a container's limits are made of. Takes root, and a
// hierarchy with that controller, of version 1 or 2.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const PROCESSES = 'cgroup.procs'

type Controller = 'cpu' | 'memory'

/** What is written into which file, in either version. */
type Limits = Readonly<Record<string, string>>

export interface GroupParts {
  readonly controller: Controller
  readonly name: string
  readonly v1: Limits
  readonly v2: Limits
}

export class ControlGroup implements Disposable {
  readonly folder: string
  readonly #limits: Limits
  readonly #below: string[] = []

  /** Throws where there can be none. */
  constructor({ controller, name, v1, v2 }: GroupParts) {
    const { root, version } = hierarchyOf(controller)
    this.folder = join(root, `${name}-${process.pid}`)
    this.#limits = version === 1 ? v1 : v2
    mkdirSync(this.folder)
    try {
      for (const [file, value] of Object.entries(this.#limits)) writeFileSync(join(this.folder, file), value)
    } catch (error) {
      rmdirSync(this.folder)
      throw error
    }
  }

  /** A group of its own within it, without limits. */
  below(name: string): string {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    this.#below.push(folder)
    return folder
  }

  /** A command that puts itself, and so what it becomes, into a group. */
  static enter(folder: string): readonly string[] {
    return ['sh', '-c', `echo $$ > ${join(folder, PROCESSES)}; exec "$0" "$@"`]
  }

  put(pid: number): void {
    writeFileSync(join(this.folder, PROCESSES), `${pid}`)
  }

  /** How many of its processes the kernel has killed for want of memory. */
  kills(): number {
    const [v1, v2] = ['memory.oom_control', 'memory.events'].map(file => join(this.folder, file))
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(existsSync(v1!) ? v1! : v2!, 'utf8'))?.[1])
  }

  /** What is left in it goes back to where there is no limit: a group that holds a process cannot be removed. */
  [Symbol.dispose](): void {
    for (const folder of [...this.#below, this.folder]) {
      const pids = readFileSync(join(folder, PROCESSES), 'utf8').split('\n').filter(Boolean)
      for (const pid of pids) writeFileSync(join(dirname(this.folder), PROCESSES), pid)
      rmdirSync(folder)
    }
  }
}

/** Why there can be no group with these limits here; undefined: there can. */
export function whyNoGroup(parts: GroupParts): string | undefined {
  try {
    using _group = new ControlGroup({ ...parts, name: `${parts.name}-trial` })
    return undefined
  } catch (error) {
    return `no control group for ${parts.controller} can be made here: ${(error as Error).message}`
  }
}

function hierarchyOf(controller: Controller): { readonly root: string; readonly version: 1 | 2 } {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  for (const line of mounts) {
    const [before = '', after = ''] = line.split(' - ')
    const root = before.split(' ')[4]!
    const [type, , options = ''] = after.split(' ')
    if (type === 'cgroup' && options.split(',').includes(controller)) return { root, version: 1 }
    const shared = join(root ?? '', 'cgroup.subtree_control')
    if (type !== 'cgroup2' || !existsSync(shared)) continue
    if (readFileSync(shared, 'utf8').split(/\s/).includes(controller)) return { root, version: 2 }
  }
  throw new Error('it is not mounted')
}
