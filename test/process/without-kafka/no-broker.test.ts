import { expect, it } from 'vitest'
import { NOWHERE, Project, up } from '../../support/process.ts'

it('a broker that does not answer is named, with the option, and racecar keeps trying', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  const line = await racecar.line('broker.unreachable')
  expect(line.message).toContain(NOWHERE)
  expect(line.message).toContain('brokers')
  expect(racecar.all('slot.exited')).toEqual([])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
