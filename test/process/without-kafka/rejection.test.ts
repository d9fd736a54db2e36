import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('a promise that nobody awaits and that rejects ends its worker with 1, told by name, and the worker is replaced', async () => {
  await using project = new Project({
    module: "process.on('SIGUSR2', () => { Promise.reject(new RangeError('nobody awaits this')) })",
  })
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  const [before] = racecar.workers()
  process.kill(before!, 'SIGUSR2')
  await racecar.line('slot.up', ({ pid }) => pid !== before)
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: before, code: 1, signal: null })])
  expect(racecar.all('worker.failed')[0]?.message).toContain('RangeError: nobody awaits this')
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
