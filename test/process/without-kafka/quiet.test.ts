import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'
import { asked } from '../../support/quiet.ts'
import { bin, isAlive } from '../../support/racecar-process.ts'
import { racecarctl, statusOf } from '../../support/racecarctl.ts'

it('Ctrl-Z in a terminal makes racecar quiet and suspends nothing of it, and SIGCONT goes on', async () => {
  await using project = new Project()
  const log = project.path('racecar.log')
  const args = `--workers 2 --brokers 127.0.0.1:1 --pidfile ${project.pidfile} --logfile ${log} WelcomeConsumer`
  const terminal = spawn('script', ['-qfec', `exec ${process.execPath} ${bin} ${args}`, '/dev/null'], {
    cwd: project.folder,
    env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  try {
    const count = (event: string) => project.read('racecar.log').split(`"${event}"`).length - 1
    await project.until('two workers being up', () => count('slot.up') === 2)
    const pid = Number(project.read('racecar.pid'))
    terminal.stdin.write('\x1a')
    await project.until('being quiet', () => count('primary.quiet') === 1)
    expect(await statusOf(project.folder)).toMatchObject({
      state: 'quiet',
      slots: [{ answers: true }, { answers: true }],
    })
    process.kill(pid, 'SIGCONT')
    await project.until('going on', () => count('primary.continued') === 1)
    expect((await statusOf(project.folder)).state).toBe('running')
    expect((await racecarctl(project.folder, 'stop')).code).toBe(0)
    expect(isAlive(pid)).toBe(false)
    expect(count('slot.forked')).toBe(2)
  } finally {
    terminal.kill('SIGKILL')
  }
})

it('a class that wants no workers is as quiet in this process as it was asked to be before that was known', async () => {
  await using project = new Project({
    module: "say('importing'); while (!existsSync('go')) await new Promise(resolve => setTimeout(resolve, 20))",
    members: 'static { this.configure({ workers: 0 }) }',
    body: "static { this.subscribesTo('greetings') } process() {}",
  })
  project.write(
    'consumers/welcome-consumer.js',
    `import { existsSync } from 'node:fs'\n${project.read('consumers/welcome-consumer.js')}`,
  )
  const racecar = project.start()
  await project.until('importing', () => project.said.length === 1)
  racecar.signal('SIGTSTP')
  await racecar.line('primary.quiet')
  project.write('go', '')
  await racecar.line('worker.started', ({ pid }) => pid === racecar.pid)
  const quiet = [{ consumer: 'WelcomeConsumer', all: true, except: [] }]
  expect(await statusOf(project.folder)).toMatchObject({ state: 'quiet', quiet, slots: [{ pid: racecar.pid }] })
  expect((await racecarctl(project.folder, 'continue')).code).toBe(0)
  expect(await statusOf(project.folder)).toMatchObject({ state: 'running', quiet: [] })
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(asked(racecar).at(-1)).toBe('primary.continued racecarctl')
  project.expectNothingLeft()
})
