// The service folders of deploy/runit and deploy/s6, under runsv and s6-supervise: what these do when racecar is killed, told to stop,
// or cannot start at all. Where the machine has not got them (Debian: apt-get install runit s6) they are not tried.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Application } from '../../support/at-home.ts'
import { isAlive, type RacecarProcess } from '../../support/racecar-process.ts'
import { racecarctl } from '../../support/racecarctl.ts'

const supervisors = {
  runit: {
    supervise: 'runsv',
    killed: 'racecar ended with -1, signal 9\n',
    stop: (folder: string) => ['sv', '-w', '30', 'stop', folder],
    status: (folder: string) => ['sv', 'status', folder],
    leave: 'SIGTERM',
  },
  s6: {
    supervise: 's6-supervise',
    killed: 'racecar ended with 256, signal 9\n',
    stop: (folder: string) => ['s6-svc', '-wD', '-T', '30000', '-d', folder],
    status: (folder: string) => ['s6-svstat', folder],
    leave: 'SIGTERM',
  },
} as const

/** It takes root to become somebody else, as their run files do. */
const isThere = (command: string) =>
  process.getuid?.() === 0 && spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

const run = ([command, ...args]: readonly string[]): string => execFileSync(command!, args, { encoding: 'utf8' })

const started = (racecar: RacecarProcess) => racecar.all('primary.started')
const bothUp = (racecar: RacecarProcess, since = 0) =>
  racecar.until(
    'both workers being up',
    () =>
      new Set(
        racecar.lines
          .slice(since)
          .filter(({ event }) => event === 'slot.up')
          .map(({ slot }) => slot),
      ).size === 2,
  )

for (const { supervise } of Object.values(supervisors))
  if (!isThere(supervise)) console.log(`skipped: there is no ${supervise} here, or no root to become somebody else`)

describe.each(Object.entries(supervisors))('%s', (name, { supervise, killed, stop, status, leave }) => {
  const under = (application: Application) => {
    const folder = application.install(name, 'service')
    return { folder, racecar: application.startUnder([supervise, folder]) }
  }
  /** Down, and meant to be. */
  const rests = (folder: string) => /^down(?!.*want up)/.test(run(status(folder)))

  it.runIf(isThere(supervise))(
    'starts racecar again that was killed, is told how it ended, and stops it in its own time',
    async () => {
      // Without brokers nobody can take the dead out of the group: their session is waited for.
      await using application = new Application({
        RACECAR_SESSION_TIMEOUT: '1',
        RACECAR_HEARTBEAT_INTERVAL: '0.3',
        RACECAR_MAX_WAIT_TIME: '0.1',
      })
      const { folder, racecar } = under(application)
      await bothUp(racecar)
      const [first] = started(racecar)
      const since = racecar.lines.length
      process.kill(first!.pid, 'SIGKILL')
      await racecar.until('a second start', () => started(racecar).length === 2)
      await bothUp(racecar, since)
      expect(racecar.stderr).toBe(killed)
      expect((await racecarctl(application.path('run'), 'status')).stdout).toContain(`pid ${started(racecar)[1]!.pid},`)

      run(stop(folder))
      await racecar.line('primary.stopped', ({ exitCode }) => exitCode === 0)
      await application.until('it being down', () => rests(folder))
      await application.until(
        'the end being told',
        () => racecar.stderr === `${killed}racecar ended with 0, signal 0\n`,
      )
      expect(started(racecar)).toHaveLength(2)
      racecar.signal(leave)
      expect(await racecar.closed).toEqual([0, null])
      expect(racecar.forks().filter(isAlive)).toEqual([])
      expect(existsSync(application.path('run/racecar.pid'))).toBe(false)
    },
  )

  it.runIf(isThere(supervise))('does not try again what no restart mends', async () => {
    await using application = new Application({ RACECAR_SESSION_TIMEOUT: 'long' })
    const { folder, racecar } = under(application)
    await application.until('the end being told', () => racecar.stderr.includes('racecar ended with 78'))
    await application.until('it being down', () => rests(folder))
    expect(racecar.lines.filter(({ message }) => message.includes('RACECAR_SESSION_TIMEOUT'))).toHaveLength(1)
    racecar.signal(leave)
    expect(await racecar.closed).toEqual([0, null])
    expect(racecar.stderr).toBe('racecar ended with 78, signal 0\n')
  })
})
