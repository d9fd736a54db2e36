import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, it } from 'vitest'
import { Container, type ContainerOptions, canContain } from '../../support/container.ts'
import { Project, up } from '../../support/process.ts'
import type { RacecarProcess } from '../../support/racecar-process.ts'

// Nobody answers when what is dead is to be taken out of the group: that is given up after a session.
const ARGS = '--workers 2 --session-timeout 1 --heartbeat-interval 0.3 --max-wait-time 0.1'.split(' ')

/** A container that was killed when it was up, and what was kept of it. */
async function killed(project: Project, options: ContainerOptions): Promise<void> {
  await using container = new Container(project, { ...options, args: ARGS })
  await up(container.racecar, 2)
  container.signal('SIGKILL')
  await container.racecar.closed
  expect(project.read('racecar.pid')).toBe('1\n')
}

async function takesOver(project: Project, racecar: RacecarProcess, why: string): Promise<void> {
  await up(racecar, 2)
  const lines = racecar.all('line', ({ message }) => message.startsWith('The pidfile')).map(({ message }) => message)
  expect(lines).toEqual([`The pidfile ${project.pidfile} is taken over: ${why}.`])
}

it.runIf(canContain).each([
  [
    'with our own process id in it',
    'one',
    'its process id 1 is our own, so it is from before this container was started',
  ],
  ['of another host', 'two', 'the process 1 that wrote it ran on the host one'],
])('a pidfile %s, kept when a container was killed, is taken over by the next one', async (_, host, why) => {
  await using project = new Project()
  await killed(project, { host: 'one' })
  await using container = new Container(project, { host, args: ARGS })
  await takesOver(project, container.racecar, why)
  container.signal('SIGTERM')
  expect(await project.ended(container.racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.runIf(process.platform === 'linux')(
  'a pidfile of an earlier boot is taken over although its process id has an owner, who is not harmed',
  async () => {
    await using project = new Project()
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' })
    const exited = new Promise(resolve => stranger.once('exit', (_, signal) => resolve(signal)))
    try {
      const pid = stranger.pid!
      const owner = { pid, birth: `an-earlier-boot:${ticksOf(pid)}`, host: hostname() }
      const slot = { ...owner, name: 'WelcomeConsumer/0', groupId: 'welcome-consumer', instanceId: 'earlier-0' }
      project.write('racecar.pid', `${pid}\n`)
      project.write('racecar.pid.slots', JSON.stringify({ primary: owner, slots: [slot] }))
      mkdirSync(`${project.pidfile}.lock`)
      const racecar = project.start(...ARGS)
      await takesOver(project, racecar, `${pid} is another process by now`)
      expect(racecar.all('orphans.awaited')).toEqual([])
      racecar.signal('SIGTERM')
      expect(await project.ended(racecar)).toEqual([0, null])
      project.expectNothingLeft()
    } finally {
      stranger.kill()
    }
    expect(await exited).toBe('SIGTERM')
  },
)

const ticksOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[19]!
