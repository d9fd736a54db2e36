import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('the second SIGINT ends workers that still tear down at once, with 2', async () => {
  await using project = new Project({
    members: "async teardown() { say('tearing down'); await new Promise(resolve => setTimeout(resolve, 600_000)) }",
  })
  const racecar = project.start('--workers', '2', '--shutdown-timeout', '600')
  await up(racecar, 2)
  racecar.signal('SIGINT')
  await project.until('both tearing down', () => project.said.length === 2)
  racecar.signal('SIGINT')
  expect(await project.ended(racecar)).toEqual([2, null])
  expect(racecar.all('slot.exited').map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL'])
  expect(racecar.stderr).toContain('racecar ends with exit code 2')
  project.expectNothingLeft()
})
