import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

it.each([
  ['never finishes loading', 'await new Promise(() => {})'],
  ['blocks the event loop while it loads', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
])('a module that %s is killed at boot_timeout, which counts as a crash', async (_, module) => {
  await using project = new Project({ module })
  const racecar = project.start('--workers', '3', '--boot-timeout', '1', '--crash-limit', '2')
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(racecar.all('slot.killed')).toHaveLength(2)
  expect(racecar.all('slot.exited').map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL'])
  expect(racecar.stderr).toContain('was not up within boot_timeout (1 s)')
  project.expectNothingLeft()
})
