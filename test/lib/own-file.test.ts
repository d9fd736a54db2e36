import { execFileSync } from 'node:child_process'
import {
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isStrangers, readOwn, replaceOwn, strangerAbove } from '../../src/lib/own-file.ts'

const isRoot = process.getuid?.() === 0
const STRANGER = 65_534

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'racecar-own-'))
  file = join(folder, 'file')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a file that is to be one of ours', () => {
  it('is read, or is missing', () => {
    expect(readOwn(file)).toBeUndefined()
    writeFileSync(file, 'ours')
    expect(readOwn(file)?.text).toBe('ours')
  })

  it.each<[string, (file: string) => void]>([
    ['a folder', file => mkdirSync(file)],
    ['a link to one of ours', file => symlinkSync('/etc/hostname', file)],
    ['a link that leads nowhere', file => symlinkSync('nowhere', file)],
    ['a link to itself', file => symlinkSync(file, file)],
    ['a pipe that nobody writes to', file => execFileSync('mkfifo', [file])],
  ])('is not read where it is %s', (_, make) => {
    make(file)
    expect(() => readOwn(file)).toThrow(/^is no ordinary file$/)
  })

  it.runIf(isRoot)('is not read where it is a stranger’s', () => {
    writeFileSync(file, 'theirs')
    chownSync(file, STRANGER, STRANGER)
    expect(() => readOwn(file)).toThrow(/^belongs to another user \(65534\)$/)
  })

  it('is written for its owner alone, in place of a link, and not through it', () => {
    writeFileSync(join(folder, 'precious'), 'kept')
    symlinkSync('precious', file)
    replaceOwn(file, 'ours')
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('kept')
    expect(lstatSync(file).isFile()).toBe(true)
    expect(lstatSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['file', 'precious'])
  })

  it('that cannot be written leaves nothing behind', () => {
    mkdirSync(file)
    expect(() => replaceOwn(file, 'ours')).toThrow()
    expect(readdirSync(folder)).toEqual(['file'])
  })
})

describe('a folder', () => {
  it('of ours, made or not yet, lies below nobody else’s', () => {
    expect(strangerAbove(folder)).toBeUndefined()
    expect(strangerAbove(join(folder, 'not/yet'))).toBeUndefined()
    expect(isStrangers({ uid: process.getuid?.() ?? 0 })).toBe(false)
    expect(isStrangers({ uid: 0 })).toBe(false)
  })

  it.runIf(isRoot)('that a stranger could put another one in the place of is found, by folder and by link', () => {
    const theirs = join(folder, 'theirs')
    mkdirSync(join(theirs, 'ours'), { recursive: true })
    chownSync(theirs, STRANGER, STRANGER)
    const why = `lies below ${theirs}, which belongs to another user (65534)`
    expect(strangerAbove(join(theirs, 'ours'))).toBe(why)
    expect(strangerAbove(join(theirs, 'ours/deeper/still'))).toBe(why)
    symlinkSync(theirs, join(folder, 'link'))
    expect(strangerAbove(join(folder, 'link/ours'))).toBe(why)
    mkdirSync(join(folder, 'own'))
    symlinkSync('own', join(folder, 'bait'))
    lchownSync(join(folder, 'bait'), STRANGER, STRANGER)
    expect(strangerAbove(join(folder, 'bait/ours'))).toBe(
      `lies below ${join(folder, 'bait')}, which belongs to another user (65534)`,
    )
  })
})
