import { spawn } from 'node:child_process'
import { renameSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { bin, isAlive } from '../../support/racecar-process.ts'

it('SIGHUP without a terminal opens the log file anew; no line is lost, and no worker notices', async () => {
  await using project = new Project({
    members: "ticks = 0; initialize() { setInterval(() => this.logger.info('tick ' + this.ticks++), 5) }",
  })
  const racecar = project.start('--workers', '2', '--logfile', project.path('racecar.log'))
  const count = (file: string, text: string) => project.read(file).split(text).length - 1
  await project.until('two workers being up', () => count('racecar.log', '"slot.up"') === 2)
  renameSync(project.path('racecar.log'), project.path('racecar.log.1'))
  const moved = count('racecar.log.1', '"tick ')
  await project.until('lines in what was moved away', () => count('racecar.log.1', '"tick ') > moved)
  racecar.signal('SIGHUP')
  await project.until('lines in the new file', () => count('racecar.log', '"tick ') > 20)
  expect(project.read('racecar.log')).toContain(`SIGHUP: opened ${project.path('racecar.log')} anew.`)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])

  const lines = [...project.read('racecar.log.1').split('\n'), ...project.read('racecar.log').split('\n')]
    .filter(Boolean)
    .map(line => JSON.parse(line))
  expect(lines.filter(({ event }) => event === 'slot.forked')).toHaveLength(2)
  for (const slot of ['WelcomeConsumer/0', 'WelcomeConsumer/1']) {
    const ticks = lines.filter(line => line.slot === slot && line.message.startsWith('tick '))
    expect(ticks.map(({ message }) => message)).toEqual(ticks.map((_, number) => `tick ${number}`))
  }
  expect(racecar.stderr).toBe('')
  project.expectNothingLeft()
})

it('SIGHUP without a log file and a terminal is no more than a line', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  racecar.signal('SIGHUP')
  await racecar.line('line', ({ message }) => message.startsWith('SIGHUP: the log goes to standard output'))
  expect(racecar.all('primary.stopping')).toEqual([])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('SIGHUP of the whole process group by a terminal that is closed is one drain that the primary leads', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const log = project.path('racecar.log')
  const args = `--workers 3 --brokers 127.0.0.1:1 --pidfile ${project.pidfile} --logfile ${log} WelcomeConsumer`
  const terminal = spawn('script', ['-qfec', `exec ${process.execPath} ${bin} ${args}`, '/dev/null'], {
    cwd: project.folder,
    env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') },
    stdio: 'ignore',
  })
  try {
    await project.until('three workers being up', () => project.read('racecar.log').split('"slot.up"').length === 4)
    const pid = Number(project.read('racecar.pid'))
    terminal.kill('SIGKILL')
    await project.until('racecar being gone', () => !isAlive(pid))
    const lines = project
      .read('racecar.log')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const stopping = lines.filter(({ event }) => event === 'primary.stopping')
    expect(stopping).toEqual([expect.objectContaining({ reason: 'SIGHUP, the terminal is gone' })])
    expect(lines.at(-1)).toMatchObject({ event: 'primary.stopped', exitCode: 0 })
    expect(lines.filter(({ event }) => event === 'slot.exited').map(({ code }) => code)).toEqual([0, 0, 0])
    expect(project.said).toHaveLength(3)
    project.expectNothingLeft()
  } finally {
    terminal.kill('SIGKILL')
  }
})

it('a terminal that is closed while a configuration file is loaded, or while workers load, ends racecar cleanly', async () => {
  const slow =
    "import { writeFileSync as write } from 'node:fs'; write(process.env.SAID, 'loading\\n'); await new Promise(resolve => setTimeout(resolve, 700))"
  for (const where of ['config', 'workers'] as const) {
    await using project = new Project({ module: where === 'workers' ? slow : '' })
    if (where === 'config') project.write('config/racecar.mjs', `${slow}; export default {}`)
    const log = project.path('racecar.log')
    const args = `--workers 2 --brokers 127.0.0.1:1 --pidfile ${project.pidfile} --logfile ${log} WelcomeConsumer`
    const command = `echo $$ > ${project.path('pid')}; exec ${process.execPath} ${bin} ${args}`
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
      cwd: project.folder,
      env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') },
      stdio: 'ignore',
    })
    try {
      await project.until('something being loaded', () => project.said.includes('loading'))
      const pid = Number(project.read('pid'))
      terminal.kill('SIGKILL')
      await project.until('racecar being gone', () => !isAlive(pid))
      const lines = project.read('racecar.log').split('\n').filter(Boolean)
      const ended = lines.map(line => JSON.parse(line)).find(({ event }) => event === 'primary.stopped')
      // Nothing was opened yet when only the configuration was being read.
      if (where === 'workers') expect(ended).toMatchObject({ exitCode: 0 })
      else expect(lines).toEqual([])
      project.expectNothingLeft()
    } finally {
      terminal.kill('SIGKILL')
    }
  }
})
