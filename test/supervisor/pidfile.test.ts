import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import type * as Promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pidfile } from '../../src/supervisor/pidfile.ts'
import { startedAt } from '../../src/supervisor/process-start.ts'
import {
  fateOf,
  lifeOf,
  type PrimaryRecord,
  readSlots,
  type SlotRecord,
  writeSlots,
} from '../../src/supervisor/slots-file.ts'

const disk = vi.hoisted(() => ({ isReadOnly: false }))
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof Promises>()
  const rm: typeof real.rm = (path, options) =>
    disk.isReadOnly ? Promise.reject(new Error('EROFS: read-only file system')) : real.rm(path, options)
  return { ...real, rm }
})

const onLinux = process.platform === 'linux'

let folder: string
let file: string
let sleeper: ChildProcess | undefined
let said: string[] = []

beforeEach(() => {
  said = []
  folder = mkdtempSync(join(tmpdir(), 'racecar-pid-'))
  file = join(folder, 'racecar.pid')
})
afterEach(() => {
  sleeper?.kill('SIGKILL')
  sleeper = undefined
  disk.isReadOnly = false
  rmSync(folder, { recursive: true, force: true })
})

const acquire = (pid = process.pid) => Pidfile.acquire({ file, pid, say: sentence => said.push(sentence) })

/** A process that lives and has nothing to do with us. */
function aliveProcess(): number {
  sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  return sleeper.pid!
}

async function deadProcess(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' })
  await new Promise(resolve => child.once('exit', resolve))
  return child.pid!
}

const primaryNoted = (primary: PrimaryRecord) => writeSlots(`${file}.slots`, { primary, slots: [] })

/** As a primary leaves it behind that was killed, or that still lives. */
function leftBehind(pid: number, at = Date.now()): void {
  writeFileSync(file, `${pid}\n`)
  utimesSync(file, at / 1000, at / 1000)
  mkdirSync(`${file}.lock`)
}

describe('the pidfile', () => {
  it('holds the process id while it is held, and nothing of it is left afterwards', async () => {
    const pidfile = await acquire()
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`)
    expect(readdirSync(folder).sort()).toEqual(['racecar.pid', 'racecar.pid.lock', 'racecar.pid.slots'])
    await pidfile.release()
    await pidfile.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused, and left as it is, while another process lives that holds it', async () => {
    const other = aliveProcess()
    leftBehind(other)
    await expect(acquire()).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      exitCode: 75,
      message: expect.stringContaining(`${other}`),
    })
    expect(readFileSync(file, 'utf8')).toBe(`${other}\n`)
    expect(existsSync(`${file}.lock`)).toBe(true)
  })

  it('is refused however long its holder has not touched the lock: a stopped process is not dead', async () => {
    leftBehind(aliveProcess())
    utimesSync(`${file}.lock`, 1000, 1000)
    await expect(acquire()).rejects.toMatchObject({ exitCode: 75 })
  })

  it('is taken over from a process that is dead', async () => {
    leftBehind(await deadProcess())
    const pidfile = await acquire()
    expect(said).toEqual([
      expect.stringMatching(/^The pidfile .+racecar\.pid is taken over: the process \d+ is gone\.$/),
    ])
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`)
    await pidfile.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is taken over when its process id belongs by now to a process younger than the file', async () => {
    const stranger = aliveProcess()
    leftBehind(stranger, Date.now() - 60_000)
    await (await acquire()).release()
    expect(said).toEqual([expect.stringContaining(`${stranger} is another process by now`)])
    process.kill(stranger, 0)
  })

  it('is taken over when its process id is our own: an earlier container had the same', async () => {
    leftBehind(process.pid)
    await (await acquire()).release()
    expect(said).toEqual([expect.stringContaining('from before this container was started')])
    expect(readdirSync(folder)).toEqual([])
  })

  it('is taken over when it was written on another host, whoever has that number here', async () => {
    const pid = aliveProcess()
    leftBehind(pid)
    primaryNoted({ ...lifeOf(pid), host: 'another' })
    await (await acquire()).release()
    expect(said).toEqual([expect.stringContaining(`the process ${pid} that wrote it ran on the host another`)])
  })

  it.runIf(onLinux)('is taken over when it is of an earlier boot, whatever the clocks say', async () => {
    const pid = aliveProcess()
    leftBehind(pid, Date.now() + 3_600_000)
    primaryNoted({ ...lifeOf(pid), birth: lifeOf(pid).birth!.replace(/^[^:]+/, 'an-earlier-boot') })
    await (await acquire()).release()
    expect(said).toEqual([expect.stringContaining('is another process by now')])
  })

  it.runIf(onLinux)(
    'is refused while its own process lives, though a clock that was set back makes it look younger',
    async () => {
      const pid = aliveProcess()
      leftBehind(pid, Date.now() - 3_600_000)
      primaryNoted(lifeOf(pid))
      await expect(acquire()).rejects.toMatchObject({ exitCode: 75 })
    },
  )

  it.runIf(onLinux)('is refused while its process lives although somebody has deleted the file', async () => {
    const pid = aliveProcess()
    leftBehind(pid)
    primaryNoted(lifeOf(pid))
    rmSync(file)
    await expect(acquire()).rejects.toMatchObject({ exitCode: 75, message: expect.stringContaining(`${pid}`) })
  })

  it.runIf(onLinux)('is refused while its process lives although file and lock were tidied away', async () => {
    const pid = aliveProcess()
    primaryNoted(lifeOf(pid))
    await expect(acquire()).rejects.toMatchObject({ exitCode: 75, message: expect.stringContaining(`${pid}`) })
    expect(readdirSync(folder)).toEqual(['racecar.pid.slots'])
  })

  it('that cannot be removed at the end is told, and no reason for another end', async () => {
    const pidfile = await acquire()
    disk.isReadOnly = true
    await pidfile.release()
    expect(said).toEqual([`The pidfile ${file} cannot be removed: EROFS: read-only file system.`])
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('that somebody has deleted is made again when its process is dead', async () => {
    const pid = await deadProcess()
    leftBehind(pid)
    primaryNoted(lifeOf(pid))
    rmSync(file)
    await (await acquire()).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('without a lock is nobody’s, whatever process id it holds', async () => {
    const pid = aliveProcess()
    writeFileSync(file, `${pid}\n`)
    await (await acquire()).release()
    expect(said).toEqual([`The pidfile ${file} is taken over: nobody has locked it for the process ${pid}.`])
    expect(readdirSync(folder)).toEqual([])
  })

  it('without a lock is taken over from the dead with the same line', async () => {
    const pid = await deadProcess()
    writeFileSync(file, `${pid}\n`)
    await (await acquire()).release()
    expect(said).toEqual([`The pidfile ${file} is taken over: the process ${pid} is gone.`])
  })

  it.runIf(onLinux)('without a lock, which somebody has tidied away, is refused while its process lives', async () => {
    const pid = aliveProcess()
    writeFileSync(file, `${pid}\n`)
    primaryNoted(lifeOf(pid))
    await expect(acquire()).rejects.toMatchObject({ exitCode: 75, message: expect.stringContaining(`${pid}`) })
    expect(readFileSync(file, 'utf8')).toBe(`${pid}\n`)
  })

  it('that is empty is taken over', async () => {
    writeFileSync(file, '')
    await (await acquire()).release()
  })

  it.each(['password = secret\n', '-1', '0', '12 34', '99999999999999'])(
    'that holds %j is somebody else’s, and stays',
    async text => {
      writeFileSync(file, text)
      await expect(acquire()).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
      expect(readFileSync(file, 'utf8')).toBe(text)
      expect(readdirSync(folder)).toEqual(['racecar.pid'])
    },
  )

  it('that is a folder or a link is refused, and stays', async () => {
    mkdirSync(file)
    await expect(acquire()).rejects.toMatchObject({ exitCode: 73 })
    rmSync(file, { recursive: true })
    const target = join(folder, 'target')
    writeFileSync(target, '')
    symlinkSync(target, file)
    await expect(acquire()).rejects.toMatchObject({ exitCode: 73 })
    expect(readFileSync(target, 'utf8')).toBe('')
  })

  it('in a folder that is not there is refused with 73 and its path', async () => {
    file = join(folder, 'no', 'racecar.pid')
    await expect(acquire()).rejects.toMatchObject({ exitCode: 73, message: expect.stringContaining(file) })
  })

  it('that was changed or deleted while it was held is not deleted', async () => {
    const changed = await acquire()
    writeFileSync(file, '4711\n')
    await changed.release()
    expect(said).toEqual([`The pidfile ${file} was changed meanwhile.`])
    expect(readFileSync(file, 'utf8')).toBe('4711\n')
    rmSync(file)
    const deleted = await acquire()
    rmSync(file)
    await deleted.release()
    expect(said[1]).toBe(`The pidfile ${file} was deleted meanwhile.`)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('the slots beside the pidfile', () => {
  const slot = (pid: number): SlotRecord => ({
    ...lifeOf(pid),
    name: 'Mail/0',
    groupId: 'mail',
    instanceId: `i-${pid}`,
  })

  it('are handed to the next start after an end that nobody had time for, until that has settled them', async () => {
    const dead = await deadProcess()
    leftBehind(dead)
    writeSlots(`${file}.slots`, { primary: lifeOf(dead), slots: [slot(dead)] })
    const first = await acquire()
    expect(first.left).toEqual([slot(dead)])
    first.noteSlots([slot(process.pid)])
    expect(readSlots(`${file}.slots`)).toEqual({ primary: lifeOf(process.pid), slots: [slot(dead), slot(process.pid)] })
    await first.release()
    expect(readdirSync(folder)).toEqual(['racecar.pid.slots'])
    const second = await acquire()
    expect(second.left).toEqual([slot(dead)])
    second.forgetLeft()
    await second.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['', 'no json', '{}', '{"primary":{"pid":1,"birth":null,"host":"h"},"slots":[{"pid":1}]}', '[]', 'null'])(
    'that cannot be read are none: %j',
    async text => {
      writeFileSync(`${file}.slots`, text)
      const pidfile = await acquire()
      expect(pidfile.left).toEqual([])
      await pidfile.release()
      expect(readdirSync(folder)).toEqual([])
    },
  )

  it.runIf(process.getuid?.() === 0)(
    'that others could have written are not believed: processes are ended by them',
    () => {
      const trusted = `${file}.slots`
      writeSlots(trusted, { primary: lifeOf(process.pid), slots: [] })
      expect(readSlots(trusted)).toBeDefined()
      chmodSync(trusted, 0o666)
      expect(readSlots(trusted)).toBeUndefined()
      chmodSync(trusted, 0o644)
      chownSync(trusted, 65_534, 65_534)
      expect(readSlots(trusted)).toBeUndefined()
      symlinkSync(trusted, `${file}.link`)
      expect(readSlots(`${file}.link`)).toBeUndefined()
    },
  )

  it('that cannot be written are no reason to end', async () => {
    mkdirSync(`${file}.slots`)
    const pidfile = await acquire()
    expect(said).toEqual([expect.stringMatching(/racecar\.pid\.slots cannot be written: /)])
    rmSync(`${file}.slots`, { recursive: true })
    await pidfile.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('tell what lives from what is dead, and from what cannot be known', async () => {
    const pid = aliveProcess()
    expect(fateOf({ ...lifeOf(pid), host: 'another' })).toBe('unknown')
    expect(fateOf(lifeOf(await deadProcess()))).toBe('dead')
    expect(fateOf({ ...lifeOf(pid), birth: null })).toBe('unknown')
    if (onLinux) expect(fateOf(lifeOf(pid))).toBe('alive')
    if (onLinux) expect(fateOf({ ...lifeOf(pid), birth: 'a-boot:1' })).toBe('dead')
  })
})

describe('what strangers have put beside or in the place of the pidfile', () => {
  const STRANGER = 65_534
  const isRoot = process.getuid?.() === 0

  it('what is ours is for our eyes alone', async () => {
    const pidfile = await acquire()
    for (const one of [file, `${file}.slots`]) expect(lstatSync(one).mode & 0o777).toBe(0o600)
    await pidfile.release()
  })

  it.each(['', '4711\n'])('a pipe is no pidfile, and nobody waits for it, be it at the end (%j)', async text => {
    execFileSync('mkfifo', [file])
    await expect(acquire()).rejects.toThrow(`The pidfile ${file} cannot be written: it is no ordinary file.`)
    rmSync(file)
    const pidfile = await acquire()
    rmSync(file)
    if (text === '') execFileSync('mkfifo', [file])
    else symlinkSync('precious', file)
    await pidfile.release()
    expect(said).toEqual([`The pidfile ${file} was changed meanwhile.`])
    expect(lstatSync(file).isFile()).toBe(false)
  })

  it('a lock that holds something is nobody’s lock, and stays with all that is in it', async () => {
    leftBehind(await deadProcess())
    writeFileSync(join(`${file}.lock`, 'precious'), 'kept')
    await expect(acquire()).rejects.toThrow(/ENOTEMPTY/)
    expect(readFileSync(join(`${file}.lock`, 'precious'), 'utf8')).toBe('kept')
  })

  it('a lock that is a link to a folder of ours leaves that alone', async () => {
    leftBehind(await deadProcess())
    rmSync(`${file}.lock`, { recursive: true })
    mkdirSync(join(folder, 'ours'))
    symlinkSync('ours', `${file}.lock`)
    await expect(acquire()).rejects.toThrow(/ENOTDIR/)
    expect(existsSync(join(folder, 'ours'))).toBe(true)
  })

  it('slots by another name are not believed', () => {
    writeSlots(`${file}.slots`, { primary: lifeOf(process.pid), slots: [] })
    linkSync(`${file}.slots`, `${file}.linked`)
    expect(readSlots(`${file}.linked`)).toBeUndefined()
  })

  it('a link in the place of the slots is neither followed nor replaced', async () => {
    writeFileSync(join(folder, 'precious'), 'kept')
    symlinkSync('precious', `${file}.slots`)
    const pidfile = await acquire()
    await pidfile.release()
    expect(said).toEqual([`${file}.slots cannot be written: it is no ordinary file.`])
    expect(readFileSync(`${file}.slots`, 'utf8')).toBe('kept')
    expect(lstatSync(`${file}.slots`).isSymbolicLink()).toBe(true)
  })

  it.runIf(isRoot)('their pidfile is refused, dead or alive, and stays; so do their slots', async () => {
    writeFileSync(file, `${await deadProcess()}\n`)
    chownSync(file, STRANGER, STRANGER)
    await expect(acquire()).rejects.toThrow(`cannot be written: it belongs to another user (${STRANGER}).`)
    expect(existsSync(file)).toBe(true)
    rmSync(file)
    writeFileSync(`${file}.slots`, 'theirs')
    chownSync(`${file}.slots`, STRANGER, STRANGER)
    await (await acquire()).release()
    expect(said).toEqual([`${file}.slots cannot be written: it belongs to another user (${STRANGER}).`])
    expect(readFileSync(`${file}.slots`, 'utf8')).toBe('theirs')
  })
})

describe('when a process was started', () => {
  it.runIf(onLinux)('is known to a second or two', async () => {
    const before = Date.now()
    const since = startedAt(aliveProcess())
    expect(Math.abs((since ?? 0) - before)).toBeLessThan(2000)
  })

  it('is unknown of a process that is not there', async () => {
    expect(startedAt(await deadProcess())).toBeUndefined()
  })
})
