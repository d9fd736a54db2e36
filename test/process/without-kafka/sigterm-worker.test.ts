import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('SIGTERM of one worker from outside drains it and replaces it', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  const [before] = racecar.workers()
  process.kill(before!, 'SIGTERM')
  await racecar.line('slot.up', ({ slot, pid }) => slot === 'WelcomeConsumer/0' && pid !== before)
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: before, code: 0, signal: null })])
  expect(project.said).toEqual(['torn down'])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('SIGTERM of every process at once, as systemd sends it, stops all and replaces none', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const racecar = project.start('--workers', '3')
  await up(racecar, 3)
  for (const pid of racecar.workers()) process.kill(pid, 'SIGTERM')
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(3)
  expect(project.said).toHaveLength(3)
  project.expectNothingLeft()
})
