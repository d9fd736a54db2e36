import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { ControlGroup, whyNoGroup } from '../../support/control-group.ts'
import { Project } from '../../support/process.ts'
import { bin } from '../../support/racecar-process.ts'

/** Half a core, and one and a half. */
const quota = (cores: number) => ({
  controller: 'cpu' as const,
  name: `racecar-cpu-${cores * 10}`,
  v1: { 'cpu.cfs_period_us': '50000', 'cpu.cfs_quota_us': `${cores * 50_000}` },
  v2: { 'cpu.max': `${cores * 50_000} 50000` },
})
const why = whyNoGroup(quota(0.5))
if (why) console.log(`skipped: ${why}`)

/** What `racecar config` says of workers. */
function workersBy(command: readonly string[], ...args: string[]): string | undefined {
  const [program, ...rest] = [...command, process.execPath, bin, 'config', ...args]
  const { stdout, stderr } = spawnSync(program!, rest, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return /^workers +(= .*)$/m.exec(stdout)?.[1]
}

it('auto is as many workers as there are cores, and racecar config says so', () => {
  expect(workersBy([], '--workers', 'auto')).toBe(`= ${availableParallelism()}  (flag --workers: auto)`)
  expect(workersBy(['taskset', '1'], '--workers', 'auto')).toBe('= 1  (flag --workers: auto)')
})

it.skipIf(why !== undefined)('auto is no more than the quota of a control group, or of one above it', () => {
  using half = new ControlGroup(quota(0.5))
  expect(workersBy(ControlGroup.enter(half.folder), '--workers', 'auto')).toBe('= 1  (flag --workers: auto)')
  expect(workersBy(ControlGroup.enter(half.below('pod')), '--workers', 'auto')).toBe('= 1  (flag --workers: auto)')
  using more = new ControlGroup(quota(1.5))
  const cores = Math.min(2, availableParallelism())
  expect(workersBy(ControlGroup.enter(more.folder), '--workers', 'auto')).toBe(`= ${cores}  (flag --workers: auto)`)
})

it.skipIf(why !== undefined)(
  'a class that says auto gets its workers, and SIGUSR1 shows how many that are',
  async () => {
    using half = new ControlGroup(quota(0.5))
    await using project = new Project({ members: "static { this.configure({ workers: 'auto' }) }" })
    const racecar = project.startUnder(ControlGroup.enter(half.folder))
    await racecar.line('slot.up')
    racecar.signal('SIGUSR1')
    await project.until('the options', () => /^workers +.*$/m.test(racecar.stderr))
    expect(/^workers +(.*)$/m.exec(racecar.stderr)![1]).toBe('= 1  (class WelcomeConsumer: auto)')
    expect(racecar.all('primary.started')).toMatchObject([{ workers: 1 }])
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(racecar.forks()).toHaveLength(1)
    project.expectNothingLeft()
  },
)
