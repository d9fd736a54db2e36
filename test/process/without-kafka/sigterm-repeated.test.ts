import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('five times SIGTERM, and then one SIGINT, are one graceful stop', async () => {
  await using project = new Project({
    members: `async teardown() {
      say('tearing down')
      await new Promise(resolve => process.once('SIGUSR2', resolve))
      say('torn down')
    }`,
  })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  racecar.signal('SIGTERM')
  await project.until('both tearing down', () => project.said.length === 2)
  for (let again = 0; again < 4; again++) racecar.signal('SIGTERM')
  racecar.signal('SIGINT')
  // Answered by the same queue as the signals before it.
  racecar.signal('SIGUSR1')
  await project.until('the options being shown', () => racecar.stderr.includes('shutdown_timeout'))
  expect(racecar.workers()).toHaveLength(2)
  for (const pid of racecar.workers()) process.kill(pid, 'SIGUSR2')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(project.said.filter(line => line === 'torn down')).toHaveLength(2)
  expect(racecar.all('primary.stopping')).toHaveLength(1)
  project.expectNothingLeft()
})
