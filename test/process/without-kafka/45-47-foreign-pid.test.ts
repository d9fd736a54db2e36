// What racecarctl is made to believe, by whoever can write a pidfile or listens where a racecar is looked for.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOWHERE, Project, up } from '../../support/process.ts'
import { isAlive } from '../../support/racecar-process.ts'
import { racecarctl } from '../../support/racecarctl.ts'
import {
  as,
  canBeStranger,
  giveAway,
  PublicFolder,
  STRANGER,
  strangerDoes,
  strangersProcess,
} from '../../support/stranger.ts'

const COMMANDS = [
  ['stop'],
  ['stop', '--force', '--timeout', '0'],
  ['quiet', '--timeout', '0'],
  ['continue'],
  ['restart', '--timeout', '0'],
  ['workers', '1', '--timeout', '0'],
  ['status'],
]

let sleeper: ChildProcess
beforeEach(() => {
  sleeper = spawn('sleep', ['600'], { stdio: 'ignore' })
})
afterEach(() => void sleeper.kill('SIGKILL'))

/** Each command fails, says why, and nothing has happened to the process. */
async function expectNothingDone(folder: string, pidfile: string, why: string, pid: number): Promise<void> {
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await racecarctl(folder, ...command, '--pidfile', pidfile)
    expect([command, code, stdout]).toEqual([command, 1, ''])
    expect(stderr).toContain(why)
  }
  expect(isAlive(pid)).toBe(true)
  // Nor is it stopped, or about to end.
  expect(readFileSync(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) [SR] /)
  expect(existsSync(pidfile)).toBe(true)
}

describe('rows 45 and 47: a pidfile that names', () => {
  it('a process of ours that is no racecar brings it no harm by any command', async () => {
    await using project = new Project()
    project.write('racecar.pid', `${sleeper.pid}\n`)
    await expectNothingDone(project.folder, project.pidfile, 'which is no racecar of yours', sleeper.pid!)
  })

  it('another racecar of ours leaves that alone: it has a pidfile of its own', async () => {
    await using project = new Project()
    const racecar = project.start('--workers', '1')
    await up(racecar, 1)
    project.write('other.pid', `${racecar.pid}\n`)
    const why = `which runs WelcomeConsumer and has the pidfile ${project.pidfile}. Nothing was done to it.`
    await expectNothingDone(project.folder, project.path('other.pid'), why, racecar.pid)
    symlinkSync('racecar.pid', project.path('link.pid'))
    await expectNothingDone(project.folder, project.path('link.pid'), 'is no ordinary file', racecar.pid)
    expect(racecar.all('primary.stopping')).toEqual([])
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
  })

  it('a worker of ours, whose parent is a racecar, leaves both alone', async () => {
    await using project = new Project()
    const racecar = project.start('--workers', '1')
    await up(racecar, 1)
    const [worker] = racecar.workers()
    project.write('racecar.pid', `${worker}\n`)
    await expectNothingDone(project.folder, project.pidfile, `names the process ${worker}`, worker!)
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
  })

  it('nobody at all, in a pipe, is not waited for', async () => {
    await using project = new Project()
    execFileSync('mkfifo', [project.pidfile])
    await expectNothingDone(project.folder, project.pidfile, 'is no ordinary file', sleeper.pid!)
  })
})

describe.runIf(canBeStranger)('rows 45 and 47: with strangers about', () => {
  it('their pidfile is not read, be it of a process of ours, of theirs, or of the racecar that runs', async () => {
    await using project = new Project()
    using theirs = await strangersProcess()
    const racecar = project.start('--workers', '1')
    await up(racecar, 1)
    for (const pid of [sleeper.pid!, theirs.pid, racecar.pid]) {
      project.write('theirs.pid', `${pid}\n`)
      giveAway(project.path('theirs.pid'))
      await expectNothingDone(project.folder, project.path('theirs.pid'), 'belongs to another user (65534)', pid)
    }
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
  })

  it('who listens in their folder, in the place of ours, is told nothing and obeyed in nothing', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    const folder = shared.folder('racecar')
    const heard = shared.at('heard')
    writeFileSync(heard, '')
    giveAway(folder, heard)
    const listener = spawn('setpriv', [...as(STRANGER).slice(1), process.execPath, '-e', LISTENER], {
      cwd: '/',
      env: { FOLDER: folder, HEARD: heard, VICTIM: String(sleeper.pid), PIDFILE: project.pidfile },
    })
    try {
      await once(listener.stdout, 'data')
      project.write('racecar.pid', `${sleeper.pid}\n`)
      // As theirs, and as one that has been handed to us but lies in a folder that is open.
      for (const mode of [0o700, 0o777]) {
        chmodSync(folder, mode)
        for (const command of COMMANDS) {
          const { code, stderr } = await racecarctl(shared.path, ...command)
          expect([command, code]).toEqual([command, 1])
          expect(stderr).toContain(`${folder} belongs to another user (65534); it was not looked into.`)
        }
        await expectNothingDone(shared.path, project.pidfile, 'Nothing was done to it', sleeper.pid!)
      }
      expect(readFileSync(heard, 'utf8')).toBe('')
      expect(strangerDoes('cat', heard)).toEqual({ code: 0, out: '' })
    } finally {
      listener.kill('SIGKILL')
    }
  })

  it('a stranger’s racecarctl neither sees nor stops ours, and is told whose the pidfile is', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    const pidfile = shared.at('racecar.pid')
    const env = ['env', `XDG_RUNTIME_DIR=${shared.path}`]
    const racecar = project.startUnder(env, '--workers', '1', '--pidfile', pidfile, '--brokers', NOWHERE)
    await up(racecar, 1)
    const ctl = new URL('../../../bin/racecarctl.js', import.meta.url).pathname
    for (const command of COMMANDS) {
      const theirs = (...more: string[]) =>
        strangerDoes(
          'env',
          `XDG_RUNTIME_DIR=${shared.path}`,
          `TMPDIR=${shared.path}`,
          process.execPath,
          ctl,
          ...command,
          ...more,
        )
      const unseen = theirs()
      expect([command, unseen.code]).toEqual([command, 1])
      expect(unseen.out).toContain(`${shared.at('racecar')} belongs to another user (0); it was not looked into.`)
      expect(theirs('--pidfile', pidfile)).toMatchObject({
        code: 1,
        out: expect.stringContaining(`${pidfile} belongs to another user (0).`),
      })
    }
    expect(racecar.all('primary.stopping')).toEqual([])
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    project.expectNothingLeft()
  })
})

/** Says that it is a racecar, and that its process is the victim. */
const LISTENER = `
  const { createServer } = require('node:net')
  const { appendFileSync, writeFileSync } = require('node:fs')
  const { FOLDER, HEARD, VICTIM, PIDFILE } = process.env
  const identity = { pid: Number(VICTIM), birth: null, consumer: 'WelcomeConsumer', pidfile: PIDFILE, version: '1' }
  const name = FOLDER + '/' + '0'.repeat(16)
  writeFileSync(name + '.json', JSON.stringify(identity))
  const server = createServer(socket => {
    appendFileSync(HEARD, 'connected ')
    socket.on('data', data => {
      appendFileSync(HEARD, data)
      socket.write(JSON.stringify({ ok: true, data: { ...identity, group: null, withinMs: 0 } }) + '\\n')
    })
  })
  server.listen(name + '.sock', () => console.log('listens'))`
