import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogFile } from '../../src/observe/log-file.ts'

let folder: string
let file: string
let complaints: string[]
let recovered: number[]
const open: LogFile[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'racecar-log-'))
  file = join(folder, 'racecar.log')
  complaints = []
  recovered = []
})
afterEach(() => {
  for (const log of open.splice(0)) log.destroy()
  rmSync(folder, { recursive: true, force: true })
})

function make(): LogFile {
  const log = new LogFile({
    file,
    complain: sentence => complaints.push(sentence),
    recovered: lost => recovered.push(lost),
  })
  open.push(log)
  return log
}

describe('a file of lines', () => {
  it('has each line as soon as it was written, and goes on where it was', async () => {
    const first = make()
    first.write('one\n')
    expect(readFileSync(file, 'utf8')).toBe('one\n')
    await new Promise<void>(resolve => first.end(resolve))
    make().write('two\n')
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
  })

  it('that was moved away is written on until it is opened anew, with no line lost', () => {
    const log = make()
    log.write('one\n')
    renameSync(file, `${file}.1`)
    log.write('two\n')
    log.reopen()
    log.write('three\n')
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('one\ntwo\n')
    expect(readFileSync(file, 'utf8')).toBe('three\n')
  })

  it.runIf(process.platform === 'linux')(
    'on a full disk loses lines, says so once, and counts them when it can be written again',
    () => {
      symlinkSync('/dev/full', file)
      const log = make()
      for (const line of ['one\n', 'two\n', 'three\n']) log.write(line)
      expect(complaints).toEqual([
        expect.stringMatching(
          /^The log file .+racecar\.log cannot be written: ENOSPC.+\. Lines are lost until it can\.$/,
        ),
      ])
      rmSync(file)
      log.reopen()
      log.write('four\n')
      log.write('five\n')
      expect(recovered).toEqual([3])
      expect(readFileSync(file, 'utf8')).toBe('four\nfive\n')
      expect(complaints).toHaveLength(1)
    },
  )

  it('that cannot be opened is refused with 73, at first and anew', () => {
    const log = make()
    renameSync(folder, `${folder}.away`)
    expect(() => log.reopen()).toThrow(expect.objectContaining({ code: 'CANNOT_CREATE', exitCode: 73 }))
    expect(make).toThrow(expect.objectContaining({ exitCode: 73 }))
    log.write('still here\n')
    expect(readFileSync(join(`${folder}.away`, 'racecar.log'), 'utf8')).toBe('still here\n')
    renameSync(`${folder}.away`, folder)
  })
})

describe('what lies in the place of the log', () => {
  const isRoot = process.getuid?.() === 0
  const STRANGER = 65_534

  it('is made for its owner alone; what an admin has made keeps its rights', () => {
    make()
    expect(lstatSync(file).mode & 0o777).toBe(0o600)
    rmSync(file)
    writeFileSync(file, '')
    chmodSync(file, 0o640)
    make().write('one\n')
    expect(lstatSync(file).mode & 0o777).toBe(0o640)
  })

  it('may be a link of ours, to a file or a stream', () => {
    symlinkSync('elsewhere.log', file)
    make().write('one\n')
    expect(readFileSync(join(folder, 'elsewhere.log'), 'utf8')).toBe('one\n')
    rmSync(file)
    symlinkSync('/dev/null', file)
    make().write('two\n')
    expect(complaints).toEqual([])
  })

  it('is refused where it is another name of some file', () => {
    writeFileSync(join(folder, 'precious'), 'kept')
    linkSync(join(folder, 'precious'), file)
    expect(make).toThrow(/what is there has another name as well \(a hard link\)/)
    expect(readFileSync(file, 'utf8')).toBe('kept')
  })

  it('is refused, and not waited for, where it is a pipe that nobody reads', () => {
    execFileSync('mkfifo', [file])
    expect(make).toThrow(/cannot be written: ENXIO/)
  })

  it.runIf(isRoot)('is refused where a stranger has made it: a file, a link to one of ours, a link to theirs', () => {
    writeFileSync(join(folder, 'precious'), 'kept')
    symlinkSync('precious', file)
    lchownSync(file, STRANGER, STRANGER)
    expect(make).toThrow('cannot be written: what is there belongs to another user (65534).')
    rmSync(file)
    writeFileSync(file, '')
    chownSync(file, STRANGER, STRANGER)
    expect(make).toThrow('belongs to another user (65534)')
    renameSync(file, join(folder, 'theirs'))
    symlinkSync('theirs', file)
    expect(make).toThrow('belongs to another user (65534)')
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('kept')
  })

  it.runIf(isRoot)('is looked at again whenever it is opened anew', () => {
    const log = make()
    rmSync(file)
    writeFileSync(join(folder, 'precious'), 'kept')
    symlinkSync('precious', file)
    lchownSync(file, STRANGER, STRANGER)
    expect(() => log.reopen()).toThrow('belongs to another user (65534)')
    log.write('one\n')
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('kept')
  })
})
