import { expect, it } from 'vitest'
import { listeningPorts } from '../../support/listening.ts'
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

it('a hundred times SIGUSR1, to the primary and its workers, are options shown whole, and no port', async () => {
  await using project = new Project({ module: "process.on('SIGUSR2', () => say('heard all'))" })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  const everybody = [racecar.pid, ...racecar.workers()]
  for (let time = 0; time < 100; time++) {
    for (const pid of everybody) process.kill(pid, 'SIGUSR1')
    // Of signals that wait the kernel keeps one.
    await new Promise(resolve => setImmediate(resolve))
  }
  // Signals are heard in the order of their numbers.
  for (const pid of racecar.workers()) process.kill(pid, 'SIGUSR2')
  await project.until('workers having heard all', () => project.said.length === 2)
  await project.until('the options being shown', () => racecar.stderr.includes('log_format'))
  if (process.platform === 'linux') expect(everybody.flatMap(listeningPorts)).toEqual([])

  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const [first, ...others] = racecar.stderr.split(/^(?=brokers )/m)
  expect(first).toMatch(/^log_format += json {2}\(flag --log-format\)\n(?:.+\n)*datadog_tags .+\n$/m)
  expect(others.filter(shown => shown !== first)).toEqual([])
  expect(racecar.all('slot.exited').map(({ code }) => code)).toEqual([0, 0])
  project.expectNothingLeft()
})
