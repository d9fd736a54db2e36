import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type } from '../../support/command.ts'
import { NOWHERE, Project } from '../../support/process.ts'
import { isAlive } from '../../support/racecar-process.ts'
import { racecarctl } from '../../support/racecarctl.ts'

const daemonize = (project: Project, ...args: string[]) => type(project, '--brokers', NOWHERE, '--daemonize', ...args)

it('--daemonize returns when the workers are up, says when no broker answers, and racecarctl stops it', async () => {
  await using project = new Project({ members: "initialize() { console.log('printed by a consumer'); say('up') }" })
  const { exit, out, err } = await daemonize(project, '--workers', '2', 'WelcomeConsumer').returned
  const pid = Number(project.read('welcome-consumer.pid'))
  try {
    expect(exit).toEqual([0, null])
    expect(err).toBe('')
    expect(out).toBe(
      'racecar runs in the background, but after 10 s none of its workers is a member of its group: no answer from 127.0.0.1:1 (option brokers)? ' +
        `It keeps trying: pid ${pid}, pidfile welcome-consumer.pid, log welcome-consumer.log.\n`,
    )
    expect(project.said).toEqual(['up', 'up'])
    expect(isAlive(pid)).toBe(true)
    // A session of its own: no terminal can hang up on it.
    const session = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[3]
    expect(session).toBe(`${pid}`)
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
    expect(environment).toContain('_RACECAR_IS_DAEMON')
    expect((await racecarctl(project.folder, 'stop', '--pidfile', project.path('welcome-consumer.pid'))).code).toBe(0)
    expect(isAlive(pid)).toBe(false)
    const log = project.read('welcome-consumer.log')
    expect(log.split('printed by a consumer')).toHaveLength(3)
    expect(log).toContain('"event":"primary.stopped"')
    project.expectNothingLeft()
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
})

it.each([
  ['a module that throws', { module: "throw new Error('no database')" }, ['--crash-limit', '1'], 1, 'no database'],
  ['options that cannot be used', {}, ['--workers', 'many'], 78, 'workers must be'],
  [
    'a class that cannot be run',
    { members: 'static { this.configure({ maxWaitTime: -1 }) }' },
    [],
    78,
    'max_wait_time must be',
  ],
  ['a log that cannot be written', {}, ['--logfile', 'no/such/folder/x.log'], 73, 'no/such/folder/x.log'],
  ['a module that ends its process', { module: 'process.exit(0)' }, ['--workers', '0'], 0, ''],
])('--daemonize with %s ends as it would in the foreground, with the words', async (_, code, args, exit, says) => {
  await using project = new Project(code)
  const returned = await daemonize(project, ...args, 'WelcomeConsumer').returned
  expect(returned.exit).toEqual([exit, null])
  expect(returned.err).toContain(says)
  expect(returned.out).toBe('')
  project.expectNothingLeft()
})

it('--daemonize returns although a slot was given up, and names it', async () => {
  await using project = new Project({
    members: "initialize() { say('up'); if (first()) throw new Error('no database') }",
    module:
      "import { mkdirSync } from 'node:fs'; const first = () => { try { mkdirSync(process.env.SAID + '.first'); return true } catch { return false } }",
  })
  const args = ['--workers', '2', '--on-crash-loop', 'continue', '--crash-limit', '1', 'WelcomeConsumer']
  const { exit, out } = await daemonize(project, ...args).returned
  const pid = Number(project.read('welcome-consumer.pid'))
  try {
    expect(exit).toEqual([0, null])
    expect(out).toMatch(/^racecar has given up WelcomeConsumer\/\d; see its log\.\nracecar runs in the background/)
    expect((await racecarctl(project.folder, 'stop', '--pidfile', project.path('welcome-consumer.pid'))).code).toBe(0)
    project.expectNothingLeft()
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
})

it('a second --daemonize with the same pidfile ends with 75; SIGTERM while it waits stops the one in the background', async () => {
  await using project = new Project({ members: "initialize() { say('up'); return new Promise(() => {}) }" })
  const first = daemonize(project, '--shutdown-timeout', '1', 'WelcomeConsumer')
  await project.until('the worker being initialized', () => project.said.length === 1)
  const second = await daemonize(project, 'WelcomeConsumer').returned
  expect(second.exit).toEqual([75, null])
  expect(second.err).toContain('Another racecar runs')
  const pid = Number(project.read('welcome-consumer.pid'))
  first.child.kill('SIGTERM')
  // The worker never finishes initializing, so it is given up.
  const stopped = await first.returned
  expect(stopped.exit).toEqual([2, null])
  expect(stopped.err).toContain('gave up something that it had in hand')
  expect(isAlive(pid)).toBe(false)
  project.expectNothingLeft()
})
