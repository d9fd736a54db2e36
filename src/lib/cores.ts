// How many cores this process may use at once: those that it may run on, and no more than the quota of its control group and of each
// group above it. A quota of two and a half cores counts as three, as in other runtimes, and one below a core as one.

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

export interface Machine {
  /** Cores that the scheduler may put this process on. */
  readonly usable: number
  /** undefined: it is not there, or cannot be read. */
  readonly read: (path: string) => string | undefined
}

const here = (): Machine => ({
  usable: availableParallelism(),
  read: path => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
})

export function availableCores({ usable, read }: Machine = here()): number {
  const quotas = foldersOf(read).flatMap(({ version, folder }) => quotaIn(folder, version, read) ?? [])
  return Math.max(1, Math.min(usable, ...quotas.map(Math.ceil)))
}

type Version = 'v1' | 'v2'

interface Group {
  readonly version: Version
  readonly folder: string
}

/** The groups that this process is in, with all above them that can be seen from here. */
function foldersOf(read: Machine['read']): Group[] {
  const own = read('/proc/self/cgroup') ?? ''
  return (read('/proc/self/mountinfo') ?? '').split('\n').flatMap(line => {
    const mount = mountIn(line)
    const path = mount && pathIn(own, mount.version)
    return mount && path !== undefined ? upwards(mount, path) : []
  })
}

interface Mount {
  readonly version: Version
  /** The group that is seen at `at`. */
  readonly root: string
  readonly at: string
}

/** `31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct`. undefined: it limits no CPU. */
function mountIn(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root, at] = before.split(' ')
  const [type, , options = ''] = after.split(' ')
  if (root === undefined || at === undefined) return undefined
  const place = { root: unescaped(root), at: unescaped(at) }
  if (type === 'cgroup2') return { version: 'v2', ...place }
  return type === 'cgroup' && options.split(',').includes('cpu') ? { version: 'v1', ...place } : undefined
}

/** Blanks and the like are written in octal there. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** `4:cpu,cpuacct:/docker/1f2e`, or `0::/system.slice/geo.service`. */
function pathIn(own: string, version: Version): string | undefined {
  for (const line of own.split('\n')) {
    const [, number, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    const isIt = version === 'v2' ? number === '0' : controllers?.split(',').includes('cpu')
    if (isIt) return path
  }
  return undefined
}

/** Within a container the path may be that of the host, which is not to be seen there: then what is mounted is its own group. */
function upwards({ version, root, at }: Mount, path: string): Group[] {
  const base = root === '/' ? '' : root
  const isBelow = path === root || path.startsWith(`${base}/`)
  const names = isBelow ? path.slice(base.length).split('/').filter(Boolean) : []
  return Array.from({ length: names.length + 1 }, (_, depth) => ({
    version,
    folder: [at, ...names.slice(0, depth)].join('/'),
  }))
}

/** In cores. undefined: there is none. */
function quotaIn(folder: string, version: Version, read: Machine['read']): number | undefined {
  const [quota, period] =
    version === 'v2'
      ? (read(`${folder}/cpu.max`) ?? '').trim().split(' ')
      : [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)]
  // `max` and -1 are no quota.
  const cores = Number(quota) / Number(period)
  return cores > 0 && Number.isFinite(cores) ? cores : undefined
}
