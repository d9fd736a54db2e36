// What another user of the machine may have put where our files belong, or finds there.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { isAlive } from '../../support/racecar-process.ts'
import {
  as,
  canBeStranger,
  giveAway,
  PublicFolder,
  SOMEBODY,
  strangerDoes,
  strangersProcess,
} from '../../support/stranger.ts'

const PRECIOUS = 'what is ours and precious\n'

/** Of racecar with these, started in the folder that all may write to. */
async function refusal(project: Project, args: readonly string[]): Promise<string> {
  const racecar = project.start('--workers', '1', ...args)
  expect((await project.ended(racecar))[0]).toBeGreaterThan(64)
  expect(racecar.forks()).toEqual([])
  return racecar.stderr
}

describe.runIf(canBeStranger)('row 49: in a folder that all may write to', () => {
  it.each<[string, (file: string, precious: string) => void, string]>([
    [
      'a stranger’s number of no process',
      file => writeFileSync(file, '4194304\n'),
      'it belongs to another user (65534)',
    ],
    ['a stranger’s empty file', file => writeFileSync(file, ''), 'it belongs to another user (65534)'],
    ['a stranger’s link to a file of ours', (file, precious) => symlinkSync(precious, file), 'it is no ordinary file'],
    ['a stranger’s pipe', file => execFileSync('mkfifo', [file]), 'it is no ordinary file'],
    ['a stranger’s folder', file => mkdirSync(file), 'it is no ordinary file'],
  ])('%s in the place of the pidfile is refused, and stays', async (_, plant, why) => {
    await using project = new Project()
    using shared = new PublicFolder()
    project.write('precious', PRECIOUS)
    const pidfile = shared.at('racecar.pid')
    plant(pidfile, project.path('precious'))
    giveAway(pidfile)
    const before = lstatSync(pidfile)
    expect(await refusal(project, ['--pidfile', pidfile])).toContain(
      `The pidfile ${pidfile} cannot be written: ${why}.`,
    )
    expect(lstatSync(pidfile)).toEqual({ ...before, atimeMs: expect.anything(), atime: expect.anything() })
    expect(project.read('precious')).toBe(PRECIOUS)
    expect(readdirSync(shared.path)).toEqual(['racecar.pid'])
  })

  it('a stranger’s pidfile with the number of a living process is refused without a signal, and so is their lock', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    using theirs = await strangersProcess()
    const pidfile = shared.at('racecar.pid')
    writeFileSync(pidfile, `${theirs.pid}\n`)
    mkdirSync(`${pidfile}.lock`)
    giveAway(pidfile, `${pidfile}.lock`)
    expect(await refusal(project, ['--pidfile', pidfile])).toContain('it belongs to another user (65534)')
    expect(isAlive(theirs.pid)).toBe(true)
    expect(readdirSync(shared.path).sort()).toEqual(['racecar.pid', 'racecar.pid.lock'])
  })

  it.each<[string, (file: string, precious: string) => void, string]>([
    ['a stranger’s file', file => writeFileSync(file, ''), 'what is there belongs to another user (65534)'],
    [
      'a stranger’s link to a file of ours',
      (file, precious) => symlinkSync(precious, file),
      'belongs to another user (65534)',
    ],
    [
      'a stranger’s link to standard output',
      file => symlinkSync('/dev/stdout', file),
      'belongs to another user (65534)',
    ],
    ['a stranger’s pipe', file => execFileSync('mkfifo', [file]), 'belongs to another user (65534)'],
  ])('%s in the place of the log is refused, and nothing is written to it', async (_, plant, why) => {
    await using project = new Project()
    using shared = new PublicFolder()
    project.write('precious', PRECIOUS)
    const log = shared.at('racecar.log')
    plant(log, project.path('precious'))
    giveAway(log)
    for (const how of [[], ['--daemonize']])
      expect(await refusal(project, ['--logfile', log, ...how])).toContain(`The log file ${log} cannot be written: `)
    expect(await refusal(project, ['--logfile', log])).toContain(why)
    expect(project.read('precious')).toBe(PRECIOUS)
    if (lstatSync(log).isFile()) expect(lstatSync(log).size).toBe(0)
  })

  it('another name of a file of ours is no log: a hard link that somebody has made', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    writeFileSync(shared.at('precious'), PRECIOUS)
    linkSync(shared.at('precious'), shared.at('racecar.log'))
    expect(await refusal(project, ['--logfile', shared.at('racecar.log')])).toContain('(a hard link)')
    expect(readFileSync(shared.at('precious'), 'utf8')).toBe(PRECIOUS)
  })

  it('a stranger’s run folder is left alone, with a warning, and racecar runs all the same', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    const theirs = shared.folder(`racecar-${process.getuid!()}`)
    giveAway(theirs)
    const racecar = project.startUnder(['env', `TMPDIR=${shared.path}`, 'XDG_RUNTIME_DIR='], '--workers', '1')
    await up(racecar, 1)
    const [warning] = racecar.all('line', ({ from }) => from === 'control')
    expect(warning?.message).toContain(`${theirs} belongs to another user (65534)`)
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(readdirSync(theirs)).toEqual([])
    project.expectNothingLeft()
  })

  it('a stranger’s cache is not used, nor one below their folder: what they put there would run as us', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    project.write('consumers/welcome-consumer.js', '')
    project.write(
      'src/consumers/welcome-consumer.ts',
      `import { Consumer } from 'racecar'
       export class WelcomeConsumer extends Consumer { static { this.subscribesTo('greetings') } process() {} }`,
    )
    const theirs = shared.folder('cache')
    const planted = shared.folder('racecar')
    giveAway(theirs, planted)
    for (const cache of [theirs, shared.path]) {
      const racecar = project.startUnder(
        ['env', `XDG_CACHE_HOME=${cache}`, `TMPDIR=${project.folder}`],
        '--workers',
        '1',
      )
      await up(racecar, 1)
      racecar.signal('SIGTERM')
      expect(await project.ended(racecar)).toEqual([0, null])
      expect([...readdirSync(theirs), ...readdirSync(planted)]).toEqual([])
      expect(
        readdirSync(project.path(`racecar-${process.getuid!()}`)).filter(name => /^[\da-f]{32}$/.test(name)),
      ).toHaveLength(1)
    }
    project.expectNothingLeft()
  })
})

describe.runIf(canBeStranger)('row 49: a stranger who looks', () => {
  it('reads neither pidfile nor notes nor log nor sockets nor what was compiled, nor changes any of it', async () => {
    await using project = new Project()
    using shared = new PublicFolder()
    const [pidfile, log] = [shared.at('racecar.pid'), shared.at('racecar.log')]
    const env = ['env', `XDG_CACHE_HOME=${shared.path}`, `XDG_RUNTIME_DIR=${shared.path}`, `TMPDIR=${shared.path}`]
    // Whoever starts it may not care.
    const careless = ['sh', '-c', 'umask 0; exec "$0" "$@"']
    const live = ['--liveness-probe-enabled', '--logfile', log]
    const racecar = project.startUnder([...env, ...careless], '--workers', '1', '--pidfile', pidfile, ...live)
    await project.until('being up', () => readLog(log).includes('slot.up'))
    const files = [pidfile, `${pidfile}.slots`, log, shared.at('racecar'), shared.at('racecar-liveness')]
    for (const file of files) {
      expect([file, lstatSync(file).mode & 0o077]).toEqual([file, 0])
      expect(strangerDoes('cat', file).out).toContain('Permission denied')
      expect(strangerDoes('sh', '-c', `echo x >> ${file}`).code).not.toBe(0)
      expect(strangerDoes('rm', '-rf', file).code).not.toBe(0)
    }
    const [socket] = readdirSync(shared.at('racecar')).filter(name => name.endsWith('.sock'))
    chmodSync(shared.path, 0o1755)
    expect(strangerDoes(process.execPath, '-e', connect(shared.at(`racecar/${socket}`))).out).toContain('EACCES')
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(readdirSync(shared.path).sort()).toEqual(['racecar', 'racecar.log'])
  })
})

const readLog = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
const connect = (path: string) =>
  `require('node:net').connect(${JSON.stringify(path)}).on('error', error => console.log(error.code))`

describe.runIf(canBeStranger)('row 49: what must go on working', () => {
  it('a user without name or home, volumes open to all, a log that root has linked, a pidfile in root’s folder by group', async () => {
    await using project = new Project()
    // As Kubernetes makes a volume: open to all, without the sticky bit.
    using volume = new PublicFolder(0o777)
    project.write('consumers/welcome-consumer.js', '')
    project.write(
      'src/consumers/welcome-consumer.ts',
      `import { Consumer } from 'racecar'
       export class WelcomeConsumer extends Consumer { static { this.subscribesTo('greetings') } process() {} }`,
    )
    chmodSync(project.folder, 0o755)
    const run = project.path('run')
    mkdirSync(run)
    chownSync(run, 0, SOMEBODY)
    chmodSync(run, 0o770)
    symlinkSync('/dev/stdout', project.path('racecar.log'))
    // A pipe, as containers have; what Node gives its children for one is a socket, which has no name.
    const env = ['env', 'HOME=/', `TMPDIR=${volume.path}`, 'bash', '-c', 'exec "$0" "$@" > >(cat)']
    const args = [
      '--workers',
      '1',
      '--pidfile',
      'run/racecar.pid',
      '--logfile',
      'racecar.log',
      '--liveness-probe-enabled',
    ]
    const racecar = project.startUnder([...as(SOMEBODY), ...env], ...args)
    await up(racecar, 1)
    expect(lstatSync(`${run}/racecar.pid`).uid).toBe(SOMEBODY)
    expect(racecar.all('line', ({ level }) => level === 'warn').map(({ message }) => message)).toEqual([])
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(readdirSync(run)).toEqual([])
  })

  it('a log that root has made for a group is written to, by whoever is in it, and keeps its rights', async () => {
    await using project = new Project()
    chmodSync(project.folder, 0o755)
    project.write('racecar.log', '')
    chownSync(project.path('racecar.log'), 0, SOMEBODY)
    chmodSync(project.path('racecar.log'), 0o660)
    using volume = new PublicFolder()
    const under = [...as(SOMEBODY), 'env', `TMPDIR=${volume.path}`]
    const racecar = project.startUnder(under, '--workers', '1', '--pidfile', '', '--logfile', 'racecar.log')
    await project.until('being up', () => project.read('racecar.log').includes('slot.up'))
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(lstatSync(project.path('racecar.log')).mode & 0o777).toBe(0o660)
  })
})
