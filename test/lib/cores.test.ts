import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { availableCores } from '../../src/lib/cores.ts'

const V2 = '30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate'
const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime shared:7 - cgroup cgroup rw,cpuset',
  '33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:8 master:2 - cgroup cgroup rw,cpu,cpuacct',
].join('\n')

interface Seen {
  readonly usable?: number
  readonly own?: string
  readonly mounts?: string
  readonly files?: Readonly<Record<string, string>>
}

function cores({ usable = 8, own, mounts, files = {} }: Seen): number {
  const all: Readonly<Record<string, string | undefined>> = {
    '/proc/self/cgroup': own,
    '/proc/self/mountinfo': mounts,
    ...files,
  }
  return availableCores({ usable, read: path => all[path] })
}

describe('the cores that there are', () => {
  it('are those that the process may run on, where no group limits it', () => {
    expect(cores({})).toBe(8)
    expect(cores({ usable: 3, own: '0::/', mounts: V2 })).toBe(3)
    expect(cores({ own: '0::/a', mounts: V2, files: { '/sys/fs/cgroup/a/cpu.max': 'max 100000\n' } })).toBe(8)
  })

  it.each([
    ['200000 100000', 2],
    ['250000 100000', 3],
    ['50000 100000', 1],
    ['1000 100000', 1],
    ['1600000 100000', 8],
    ['100000', 8],
    ['', 8],
    ['nonsense 100000', 8],
    ['200000 0', 8],
  ])('are no more than the quota of a v2 group, rounded up: %s', (max, count) => {
    const files = { '/sys/fs/cgroup/system.slice/geo.service/cpu.max': `${max}\n` }
    expect(cores({ own: '0::/system.slice/geo.service\n', mounts: V2, files })).toBe(count)
  })

  it('are no more than the least quota of all groups above', () => {
    const files = {
      '/sys/fs/cgroup/kube/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/kube/pod/cpu.max': '150000 50000\n',
      '/sys/fs/cgroup/kube/pod/one/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/other/cpu.max': '100000 100000\n',
    }
    expect(cores({ own: '0::/kube/pod/one', mounts: V2, files })).toBe(3)
    expect(cores({ own: '0::/kube', mounts: V2, files })).toBe(4)
  })

  it.each([
    ['150000', '50000', 3],
    ['-1', '100000', 8],
    ['0', '100000', 8],
  ])('are no more than the quota of a v1 group: %s of %s', (quota, period, count) => {
    const folder = '/sys/fs/cgroup/cpu,cpuacct/docker'
    const files = {
      [`${folder}/one/cpu.cfs_quota_us`]: '-1\n',
      [`${folder}/one/cpu.cfs_period_us`]: '100000\n',
      [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
      [`${folder}/cpu.cfs_period_us`]: `${period}\n`,
    }
    const own = '5:cpuset:/elsewhere\n4:cpu,cpuacct:/docker/one\n0::/\n'
    expect(cores({ own, mounts: V1, files })).toBe(count)
  })

  it('are counted by what is mounted, where that is the group itself or the path is the host’s', () => {
    const at = '/sys/fs/cgroup/cpu,cpuacct'
    const files = { [`${at}/cpu.cfs_quota_us`]: '200000\n', [`${at}/cpu.cfs_period_us`]: '100000\n' }
    const mounts = V1.replace('0:29 / ', '0:29 /docker/one ')
    expect(cores({ own: '4:cpu,cpuacct:/docker/one\n', mounts, files })).toBe(2)
    expect(cores({ own: '4:cpu,cpuacct:/docker/one-more\n', mounts, files })).toBe(2)
    expect(cores({ own: '4:cpu,cpuacct:/elsewhere\n', mounts, files })).toBe(2)
    const below = { [`${at}/sub/cpu.cfs_quota_us`]: '300000\n', [`${at}/sub/cpu.cfs_period_us`]: '100000\n' }
    expect(cores({ own: '4:cpu,cpuacct:/docker/one/sub\n', mounts, files: below })).toBe(3)
  })

  it('are found where a path has blanks in it', () => {
    const mounts = V2.replace('/sys/fs/cgroup', '/my\\040cgroup')
    expect(cores({ own: '0::/a', mounts, files: { '/my cgroup/a/cpu.max': '100000 100000' } })).toBe(1)
  })

  it('of this machine are at least one, and no more than it has', () => {
    expect(availableCores()).toBeGreaterThanOrEqual(1)
    expect(availableCores()).toBeLessThanOrEqual(availableParallelism())
  })
})
