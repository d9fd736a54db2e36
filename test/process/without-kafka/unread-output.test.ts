import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'
import { bin } from '../../support/racecar-process.ts'
import { racecarctl } from '../../support/racecarctl.ts'

/** With an output that the test reads, or does not. */
function start(project: Project, ...args: string[]) {
  const child = spawn(
    process.execPath,
    [bin, '--brokers', '127.0.0.1:1', '--pidfile', project.pidfile, ...args, 'WelcomeConsumer'],
    {
      cwd: project.folder,
      env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const exited = new Promise(resolve => child.once('exit', (code, signal) => resolve([code, signal])))
  return { child, exited }
}

it('an output that is closed, as by `| head -1`, ends nothing: workers are replaced, and a stop is clean', async () => {
  await using project = new Project({
    members:
      "initialize() { say('up ' + process.pid); setInterval(() => process.stdout.write('nobody hears this'), 5) }",
  })
  const { child, exited } = start(project, '--workers', '2', '--log-level', 'debug')
  child.stdout.once('data', () => child.stdout.destroy())
  child.stderr.destroy()
  await project.until('two workers being up', () => project.said.length === 2)
  process.kill(Number(project.said[0]!.split(' ')[1]), 'SIGKILL')
  await project.until('the replacement being up', () => project.said.length === 3)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(project.said).toHaveLength(3)
  project.expectNothingLeft()
})

it.runIf(process.platform === 'linux')(
  'a log that goes to a full disk by way of standard output is complained about',
  async () => {
    await using project = new Project()
    const racecar = project.startUnder(['sh', '-c', 'exec "$0" "$@" > /dev/full'], '--workers', '1')
    await project.until('a complaint', () =>
      racecar.stderr.includes('Standard output cannot be written, and the log is lost: ENOSPC'),
    )
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(racecar.stderr.trim().split('\n')).toHaveLength(1)
    project.expectNothingLeft()
  },
)

it('an output that nobody reads fills no memory and holds up nobody', async () => {
  const members = `
    initialize() {
      const line = 'x'.repeat(2000)
      let count = 0
      const timer = setInterval(() => {
        for (let i = 0; i < 20; i++) this.logger.info(line)
        count += 20
        if (count === 20_000) { clearInterval(timer); say('all said') }
      }, 1)
    }`
  await using project = new Project({ members })
  const { child, exited } = start(project, '--workers', '2')
  try {
    await project.until('40 MB being said by each', () => project.said.length === 2)
    const { code, stdout } = await racecarctl(project.folder, 'status', '--pidfile', project.pidfile)
    expect([code, stdout]).toEqual([0, expect.stringContaining('WelcomeConsumer/1')])
    const megabytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
    expect(megabytes).toBeLessThan(250)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
  project.expectNothingLeft()
})
