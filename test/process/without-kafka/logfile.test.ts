import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

it('the log file holds every line to the last, and the workers’ lines whole and with their slots', async () => {
  await using project = new Project({
    members: `initialize() {
      for (let line = 0; line < 500; line++) this.logger.info('line ' + line, { padding: 'x'.repeat(1000), socket: () => {} })
    }`,
  })
  const racecar = project.start('--workers', '3', '-l', project.path('racecar.log'))
  await project.until('three workers being up', () => project.read('racecar.log').split('"slot.up"').length === 4)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const lines = project
    .read('racecar.log')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.at(-1)).toMatchObject({ event: 'primary.stopped', exitCode: 0 })
  const users = lines.filter(({ message }) => /^line \d+$/.test(message))
  const whole = Array.from({ length: 500 }, (_, line) => `line ${line}`)
  for (const slot of ['WelcomeConsumer/0', 'WelcomeConsumer/1', 'WelcomeConsumer/2']) {
    expect(users.filter(line => line.slot === slot).map(({ message }) => message)).toEqual(whole)
  }
  expect(racecar.lines).toEqual([])
  project.expectNothingLeft()
})

it('a log file that cannot be written ends racecar with 73', async () => {
  await using project = new Project()
  const racecar = project.start('--logfile', project.path('no/such/folder/racecar.log'))
  expect(await project.ended(racecar)).toEqual([73, null])
  expect(racecar.stderr).toContain('no/such/folder/racecar.log')
  project.expectNothingLeft()
})
