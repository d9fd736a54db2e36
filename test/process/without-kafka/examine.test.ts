import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type } from '../../support/command.ts'
import { Project } from '../../support/process.ts'

const run = (project: Project, ...args: string[]) => type(project, ...args).returned

it('racecar check tells what would be run, with what is doubtful, and leaves nothing behind', async () => {
  await using project = new Project({
    module: "console.log('an import that prints')",
    members:
      "static { this.configure({ workers: 3, pauseWithExponentialBackoff: true }) } initialize() { say('initialized') }",
  })
  const before = readdirSync(project.folder)
  const { exit, out, err } = await run(project, 'check', '--pidfile', 'racecar.pid', 'WelcomeConsumer')
  expect(exit).toEqual([0, null])
  expect(out).toBe(
    'WelcomeConsumer is fine: process of greetings, in 3 workers, group welcome-consumer.\n' +
      'Warning: pause_with_exponential_backoff is on without max_pause_timeout: the pauses of a failing partition double without limit.\n',
  )
  expect(err).toBe('an import that prints\n')
  expect(project.said).toEqual([])
  expect(readdirSync(project.folder)).toEqual(before)
})

it.each([
  [['--workers', 'many', '--log-level', 'loud', 'WelcomeConsumer'], 78, /2 options are wrong/],
  [['WelcomConsumer'], 78, /Did you mean WelcomeConsumer\?/],
  [['welcome'], 64, /starts with a capital/],
  [[], 64, /missing required argument/],
  [['WelcomeConsumer', 'WelcomeConsumer'], 78, /WelcomeConsumer is named twice/],
  [['--group-id', 'g', 'WelcomeConsumer', 'OtherConsumer'], 78, /need a group each/],
  [['NoConsumer', 'NoneConsumer'], 78, /NoConsumer[\s\S]*NoneConsumer/],
])('racecar check %j ends as a start would', async (args, code, says) => {
  await using project = new Project()
  const { exit, out, err } = await run(project, 'check', ...args)
  expect(exit).toEqual([code, null])
  expect(out).toBe('')
  expect(err).toMatch(says)
})

it.each([
  ['throws', "throw new Error('no database')", 1, /could not be loaded: Error: no database/],
  ['ends its process', 'process.exit(0)', 1, /WelcomeConsumer could not be loaded: it ended its process with 0/],
  [
    'never finishes loading',
    'await new Promise(() => setInterval(() => {}, 1000))',
    1,
    /not done within boot_timeout \(1 s\)/,
  ],
])('racecar check says of a module that %s', async (_, module, code, says) => {
  await using project = new Project({ module })
  const { exit, err } = await run(project, 'check', '--boot-timeout', '1', 'WelcomeConsumer')
  expect(exit).toEqual([code, null])
  expect(err).toMatch(says)
})

it('racecar check finds what is wrong with the options of a class', async () => {
  await using project = new Project({ members: 'static { this.configure({ maxWaitTime: -1 }) }' })
  const { exit, err } = await run(project, 'check', 'WelcomeConsumer')
  expect(exit).toEqual([78, null])
  expect(err).toMatch(/max_wait_time must be .* class WelcomeConsumer says -1/)
})

it('racecar config prints every option with its source, of a class too', async () => {
  await using project = new Project({ members: 'static { this.configure({ workers: 3, serial: true }) }' })
  project.write('config/racecar.yml', 'common:\n  log_level: warn\n')
  const without = await run(project, 'config', '--client-id', 'me')
  expect(without.exit).toEqual([0, null])
  expect(without.out).toMatch(/^workers +=\s1 {2}\(default\)$/m)
  const { exit, out, err } = await run(project, 'config', '--workers', '2', 'WelcomeConsumer')
  expect([exit, err]).toEqual([[0, null], ''])
  expect(out).toMatch(/^workers +=\s2 {2}\(flag --workers\)$/m)
  expect(out).toMatch(/^serial +=\strue {2}\(class WelcomeConsumer\)$/m)
  expect(out).toMatch(/^log_level +=\swarn {2}\(config\/racecar\.yml, section common\)$/m)
})

it('SIGTERM ends racecar check while a module hangs', async () => {
  await using project = new Project({ module: "say('loading'); await new Promise(() => setInterval(() => {}, 1000))" })
  const { child, returned } = type(project, 'check', 'WelcomeConsumer')
  await project.until('the module being loaded', () => project.said.length === 1)
  child.kill('SIGTERM')
  const { exit, err } = await returned
  expect(exit).toEqual([1, null])
  expect(err).toContain('It was stopped before it was done.')
})
