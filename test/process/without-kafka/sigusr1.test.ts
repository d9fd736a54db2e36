import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('SIGUSR1 shows the options in force on standard error, and opens no debugger, in workers neither', async () => {
  await using project = new Project({ members: 'static { this.configure({ fetchMessages: 77 }) }' })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  for (let time = 0; time < 20; time++) for (const pid of racecar.workers()) process.kill(pid, 'SIGUSR1')
  racecar.signal('SIGUSR1')
  await project.until('the options being shown', () => racecar.stderr.includes('log_format'))
  expect(racecar.stderr).toMatch(/^fetch_messages += 77 {2}\(class WelcomeConsumer\)$/m)
  expect(racecar.stderr).toMatch(/^workers += 2 {2}\(flag --workers\)$/m)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.stderr).not.toContain('Debugger listening')
  project.expectNothingLeft()
})
