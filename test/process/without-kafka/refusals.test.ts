import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

it.each([
  ['subscribes to nothing and handles nothing', {}, /subscribes to no topic/],
  ['sets an option that no class may set', { members: "static { this.configure({ brokers: 'x:1' }) }" }, /brokers/],
  ['sets a wrong value', { members: 'static { this.configure({ maxWaitTime: -1 }) }' }, /max_wait_time must be/],
])(
  'a consumer that %s ends racecar with 78 after one worker has looked at it',
  async (_, { members = '' }: { members?: string }, says) => {
    const body = members === '' ? '' : "static { this.subscribesTo('greetings') } process() {}"
    await using project = new Project({ members, body })
    const racecar = project.start('--workers', '3')
    expect(await project.ended(racecar)).toEqual([78, null])
    expect(racecar.forks()).toHaveLength(1)
    expect(racecar.stderr).toMatch(says)
    expect(racecar.stderr).toContain('racecar ends with exit code 78')
    project.expectNothingLeft()
  },
)

it('a worker that exits 78 of its own accord stops all of them, with 78', async () => {
  await using project = new Project({ module: "process.on('SIGUSR2', () => process.exit(78))" })
  const racecar = project.start('--workers', '3')
  await racecar.until('three workers being up', () => racecar.all('slot.up').length === 3)
  process.kill(racecar.workers()[2]!, 'SIGUSR2')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.all('slot.exited').map(({ code }) => code)).toEqual([78, 0, 0])
  expect(racecar.forks()).toHaveLength(3)
  project.expectNothingLeft()
})

it('a consumer that is nowhere ends racecar with 78 before anything is forked', async () => {
  await using project = new Project()
  project.write('consumers/welcome-consumer.js', '')
  project.write('consumers/goodbye-consumer.js', '')
  const racecar = project.start('--require', 'consumers/goodbye-consumer.js')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain('There is no consumer WelcomeConsumer')
  project.expectNothingLeft()
})

it('options that cannot be used end racecar with 78, all at once, before anything is forked', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', 'many', '--heartbeat-interval', '30')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain('--workers')
  expect(racecar.stderr).toContain('--heartbeat-interval')
  expect(racecar.lines).toEqual([])
  project.expectNothingLeft()
})

it.each(['racecar', 'racecarctl'])('%s in a folder that has been deleted ends with 64, and says so', async command => {
  await using project = new Project()
  const bin = join(process.cwd(), 'bin', `${command}.js`)
  const line = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" "$2"'
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', line, process.execPath, bin, command === 'racecar' ? 'AnyConsumer' : 'status'],
    {
      cwd: project.folder,
      encoding: 'utf8',
    },
  )
  expect([status, stderr]).toEqual([
    64,
    `${command}: the folder that it was started in is gone: cd to one that is there.\n`,
  ])
})
