import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('a worker that gives something up at its deadline says so itself, and racecar ends with 2 without killing', async () => {
  await using project = new Project({ members: 'async teardown() { await new Promise(() => {}) }' })
  const racecar = project.start('--workers', '1', '--shutdown-timeout', '5')
  await up(racecar, 1)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([2, null])
  expect(racecar.all('slot.killed')).toEqual([])
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ code: 2, signal: null })])
  project.expectNothingLeft()
})
