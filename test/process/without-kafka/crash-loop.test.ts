import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

it('a module that throws while it is imported is tried crash_limit times, and ends racecar with 1 and the first error', async () => {
  await using project = new Project({
    module: "say('imported'); throw new Error('no database, number ' + process.pid)",
  })
  const racecar = project.start('--workers', '3', '--crash-limit', '3', '--restart-backoff-max', '0.1')
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(project.said).toHaveLength(3)
  const [first] = racecar.forks()
  expect(racecar.stderr).toContain('racecar ends with exit code 1: WelcomeConsumer/0 crashed 3 times within 60 s')
  expect(racecar.stderr).toContain(`no database, number ${first}`)
  expect(racecar.all('slot.restarting').map(({ inMs }) => inMs)).toEqual([0, 100])
  expect(racecar.all('slot.given.up')).toHaveLength(1)
  project.expectNothingLeft()
})
