import { expect, it } from 'vitest'
import { NOWHERE, Project } from '../../support/process.ts'

it('with --fail-fast a broker that does not answer at the start ends all with 69, at the first worker’s word', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '2', '--fail-fast')
  expect(await project.ended(racecar)).toEqual([69, null])
  expect(racecar.stderr).toContain(`The broker ${NOWHERE} has not answered for`)
  expect(racecar.stderr).toContain('racecar ends with exit code 69')
  expect(racecar.all('slot.restarting')).toEqual([])
  project.expectNothingLeft()
})

it('the same without workers', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '0', '--fail-fast')
  expect(await project.ended(racecar)).toEqual([69, null])
  expect(racecar.stderr).toContain(`The broker ${NOWHERE} has not answered for`)
  project.expectNothingLeft()
})
