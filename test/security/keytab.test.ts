import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isAmong, principalsIn } from '../../src/security/keytab.ts'

const folder = mkdtempSync(join(tmpdir(), 'keytab-'))
afterAll(() => rmSync(folder, { recursive: true }))

const counted = (text: string): Buffer => {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(Buffer.byteLength(text))
  return Buffer.concat([size, Buffer.from(text)])
}

const sized = (size: number, bytes: Buffer): Buffer => {
  const head = Buffer.alloc(4)
  head.writeInt32BE(size)
  return Buffer.concat([head, bytes])
}

/** Name type, time, version of the key, and the key itself, which nobody reads. */
const REST = Buffer.alloc(4 + 4 + 1 + 2 + 2 + 32 + 4, 7)

function entry(realm: string, ...names: string[]): Buffer {
  const bytes = Buffer.concat([Buffer.from([0, names.length]), ...[realm, ...names].map(counted), REST])
  return sized(bytes.length, bytes)
}

function written(...parts: Buffer[]): string {
  const file = join(folder, `${performance.now()}.keytab`)
  writeFileSync(file, Buffer.concat(parts))
  return file
}

const HEAD = Buffer.from([5, 2])
const ann = entry('RACECAR.TEST', 'ann')
const service = entry('RACECAR.TEST', 'racecar', 'häns.example.com')

describe('a keytab', () => {
  test('says whose keys it holds, each once, over what was deleted from it', () => {
    const all = ['ann@RACECAR.TEST', 'racecar/häns.example.com@RACECAR.TEST']
    const file = written(HEAD, ann, ann, sized(-40, Buffer.alloc(40, 255)), service)
    expect(principalsIn(file)).toEqual(all)
    expect(principalsIn(`FILE:${file}`)).toEqual(all)
    expect(principalsIn(written(HEAD))).toEqual([])
  })

  test('holds a key of somebody who is named with or without a realm', () => {
    const all = ['ann@A.TEST', 'racecar/host@A.TEST']
    for (const name of ['ann', 'ann@A.TEST', 'racecar/host']) expect(isAmong(name, all)).toBe(true)
    for (const name of ['bob', 'ann@B.TEST', 'racecar', 'host']) expect(isAmong(name, all)).toBe(false)
  })

  test.each([
    ['no file at all', join(folder, 'none'), 'does not exist'],
    ['a folder', folder, 'is a folder, not a file'],
    ['text', written(Buffer.from('garbage')), 'is no keytab'],
    ['nothing', written(), 'is no keytab'],
    ['a part of one', written(HEAD, ann.subarray(0, 12)), 'is a keytab that is cut off'],
    ['another place', 'env:KEYTAB', 'must be the path of a file'],
    ['another kind', 'MEMORY:mine', 'must be the path of a file'],
  ])('that is %s is told as that', (_, file, why) => {
    expect(() => principalsIn(file)).toThrow(why)
  })
})
