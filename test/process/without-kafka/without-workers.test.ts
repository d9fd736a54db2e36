import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

const members = "initialize() { say('initialized ' + process.pid) } teardown() { say('torn down') }"

it.each(['SIGTERM', 'SIGINT'] as const)(
  '--workers 0 runs the consumer in this process, and %s ends it with 0',
  async signal => {
    await using project = new Project({ members })
    const racecar = project.start('--workers', '0')
    await racecar.line('worker.started')
    racecar.signal(signal)
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(project.said).toEqual([`initialized ${racecar.pid}`, 'torn down'])
    expect(racecar.forks()).toEqual([])
    project.expectNothingLeft()
  },
)

it('a class that wants no workers is looked at by one, and then runs in this process', async () => {
  await using project = new Project({ members: `static { this.configure({ workers: 0 }) } ${members}` })
  const racecar = project.start()
  await project.until('initialized', () => project.said.length === 1)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(project.said).toEqual([`initialized ${racecar.pid}`, 'torn down'])
  project.expectNothingLeft()
})

it('the second SIGINT ends it at once, with 2', async () => {
  await using project = new Project({
    members: "async teardown() { say('tearing down'); await new Promise(() => {}) }",
  })
  const racecar = project.start('--workers', '0', '--shutdown-timeout', '600')
  await racecar.line('worker.started')
  racecar.signal('SIGINT')
  await project.until('tearing down', () => project.said.length === 1)
  racecar.signal('SIGINT')
  expect(await project.ended(racecar)).toEqual([2, null])
  project.expectNothingLeft()
})

it.each([
  ['whose module throws', 1, { module: "throw new Error('no database')" }, 'no database'],
  [
    'whose constructor throws',
    1,
    { members: "constructor() { super(); throw new Error('no database') }" },
    'no database',
  ],
  [
    'that throws an error nobody catches',
    1,
    { members: "initialize() { setTimeout(() => { throw new Error('late') }) }" },
    'late',
  ],
  ['that subscribes to nothing', 78, { body: 'process() {}' }, 'subscribes to no topic'],
  [
    'that sets a wrong option',
    78,
    { members: 'static { this.configure({ maxWaitTime: -1 }) }' },
    'max_wait_time must be',
  ],
])('a consumer %s ends it with %i, and why', async (_, code, source, says) => {
  await using project = new Project(source)
  const racecar = project.start('--workers', '0')
  expect(await project.ended(racecar)).toEqual([code, null])
  expect(racecar.stderr).toContain(`racecar ends with exit code ${code}: `)
  expect(racecar.stderr).toContain(says)
  project.expectNothingLeft()
})
