import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('a worker that does not hear the stop is killed at the deadline, and racecar ends with 2', async () => {
  await using project = new Project({
    module: `process.on('SIGUSR2', () => { say('deaf'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`,
  })
  const racecar = project.start('--workers', '2', '--shutdown-timeout', '2')
  await up(racecar, 2)
  const [deaf] = racecar.workers()
  process.kill(deaf!, 'SIGUSR2')
  await project.until('one being deaf', () => project.said.includes('deaf'))
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([2, null])
  expect(racecar.all('slot.killed')).toEqual([expect.objectContaining({ slot: 'WelcomeConsumer/0', pid: deaf })])
  expect(
    racecar
      .all('slot.exited')
      .map(({ slot, code }) => [slot, code])
      .sort(),
  ).toEqual([
    ['WelcomeConsumer/0', null],
    ['WelcomeConsumer/1', 0],
  ])
  expect(racecar.stderr).toContain('racecar ends with exit code 2: WelcomeConsumer/0 was killed')
  project.expectNothingLeft()
})
