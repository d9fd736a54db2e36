import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it.each(['SIGTERM', 'SIGQUIT', 'SIGINT'] as const)('%s of idle workers stops them, and ends with 0', async signal => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const racecar = project.start('--workers', '3')
  await up(racecar, 3)
  racecar.signal(signal)
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.all('primary.stopping')).toEqual([expect.objectContaining({ reason: signal })])
  expect(racecar.all('slot.exited').map(({ code }) => code)).toEqual([0, 0, 0])
  expect(project.said).toEqual(['torn down', 'torn down', 'torn down'])
  expect(racecar.stderr).toBe('')
  project.expectNothingLeft()
})
