import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
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
