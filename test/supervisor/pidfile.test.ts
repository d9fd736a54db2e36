import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Pidfile } from '../../src/supervisor/pidfile.ts'
import { startedAt } from '../../src/supervisor/process-start.ts'

let folder: string
let file: string
let sleeper: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'racecar-pid-'))
  file = join(folder, 'racecar.pid')
})
afterEach(() => {
  sleeper?.kill('SIGKILL')
  sleeper = undefined
  rmSync(folder, { recursive: true, force: true })
})

const acquire = (pid = process.pid) => Pidfile.acquire({ file, pid, onLost: () => {} })

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
    expect(readdirSync(folder).sort()).toEqual(['racecar.pid', 'racecar.pid.lock'])
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
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`)
    await pidfile.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is taken over when its process id belongs by now to a process younger than the file', async () => {
    const stranger = aliveProcess()
    leftBehind(stranger, Date.now() - 60_000)
    await (await acquire()).release()
    process.kill(stranger, 0)
  })

  it('is taken over when its process id is our own: an earlier container had the same', async () => {
    leftBehind(process.pid)
    await (await acquire()).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('without a lock is nobody’s, whatever process id it holds', async () => {
    writeFileSync(file, `${aliveProcess()}\n`)
    await (await acquire()).release()
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
    expect(readFileSync(file, 'utf8')).toBe('4711\n')
    rmSync(file)
    const deleted = await acquire()
    rmSync(file)
    await deleted.release()
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('when a process was started', () => {
  it.runIf(process.platform === 'linux')('is known to a second or two', async () => {
    const before = Date.now()
    const since = startedAt(aliveProcess())
    expect(Math.abs((since ?? 0) - before)).toBeLessThan(2000)
  })

  it('is unknown of a process that is not there', async () => {
    expect(startedAt(await deadProcess())).toBeUndefined()
  })
})
