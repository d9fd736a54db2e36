import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolders, keep, openCache } from '../../src/loader/cache.ts'

describe('the folder for what was compiled', () => {
  let base = ''
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'racecar-cache-'))
  })
  afterEach(() => rm(base, { recursive: true }))

  it('is in the cache of the user, else in the temporary folder, under the user’s number', () => {
    expect(cacheFolders({ XDG_CACHE_HOME: '/cache' })).toEqual([
      '/cache/racecar',
      join(tmpdir(), `racecar-${process.getuid?.()}`),
    ])
    expect(cacheFolders({ XDG_CACHE_HOME: 'relative' })[0]).toMatch(/^\/.*\.?[cC]aches?\/racecar$/)
  })

  it('is made with its parents, for its owner alone', async () => {
    const folder = join(base, 'a/b/racecar')
    expect(await openCache([folder])).toBe(folder)
    expect((await lstat(folder)).mode & 0o777).toBe(0o700)
    expect(await readdir(folder)).toEqual([])
  })

  it('is closed to others where it was open to their eyes', async () => {
    await chmod(base, 0o755)
    expect(await openCache([base])).toBe(base)
    expect((await lstat(base)).mode & 0o777).toBe(0o700)
  })

  it('is another one where others could write, where it is a link or a file, or cannot be made', async () => {
    await mkdir(join(base, 'open'))
    await chmod(join(base, 'open'), 0o777)
    await mkdir(join(base, 'real'))
    await symlink(join(base, 'real'), join(base, 'link'))
    await writeFile(join(base, 'file'), '')
    const bad = ['open', 'link', 'file', 'file/below'].map(name => join(base, name))
    expect(await openCache([...bad, join(base, 'good')])).toBe(join(base, 'good'))
    await expect(openCache(bad)).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
    await expect(openCache(bad)).rejects.toThrow(
      /open \(others may write to it\), .*link \(not a folder\), .*file \(not a folder\), .*below \(.*ENOTDIR/,
    )
  })

  const files = [
    { name: '0-a.mjs', contents: 'export const a = "ä"' },
    { name: 'shared-X.mjs', contents: '' },
  ]

  it.runIf(process.platform === 'linux')('is not looked for for ever where nothing can be made', async () => {
    await expect(openCache(['/proc/nowhere/racecar'])).rejects.toMatchObject({
      code: 'CANNOT_CREATE',
      message: expect.stringContaining('/proc/nowhere/racecar (ENOENT'),
    })
  })

  it('keeps the same content in the same place, written once', async () => {
    const folder = await keep(base, files)
    await utimes(join(folder, '0-a.mjs'), 1, 1)
    expect(await keep(base, files)).toBe(folder)
    expect((await lstat(join(folder, '0-a.mjs'))).mtimeMs).toBe(1000)
    expect((await lstat(join(folder, '0-a.mjs'))).mode & 0o777).toBe(0o600)
    expect(await readdir(base)).toEqual([basename(folder)])
  })

  it('keeps other content elsewhere', async () => {
    const [first, second] = files
    const folder = await keep(base, files)
    expect(await keep(base, [first!, { ...second!, contents: ' ' }])).not.toBe(folder)
    expect(
      await keep(
        base,
        [second!, first!].map(({ name }, index) => ({ name, contents: files[index]!.contents })),
      ),
    ).not.toBe(folder)
  })

  it('puts back what something has removed or cut off', async () => {
    const folder = await keep(base, files)
    await rm(join(folder, 'shared-X.mjs'))
    await writeFile(join(folder, '0-a.mjs'), 'export')
    expect(await keep(base, files)).toBe(folder)
    expect(await readFile(join(folder, '0-a.mjs'), 'utf8')).toBe(files[0]!.contents)
    expect(await readdir(folder)).toHaveLength(2)
    expect(await readdir(base)).toEqual([basename(folder)])
  })

  it('runs nothing but what was compiled, though it has the name and the size', async () => {
    const folder = await keep(base, files)
    await writeFile(join(folder, '0-a.mjs'), 'x'.repeat(Buffer.byteLength(files[0]!.contents)))
    expect(await keep(base, files)).toBe(folder)
    expect(await readFile(join(folder, '0-a.mjs'), 'utf8')).toBe(files[0]!.contents)
  })

  it.runIf(process.getuid?.() === 0)(
    'is another one below somebody else’s folder, which they could exchange',
    async () => {
      const theirs = join(base, 'theirs')
      await mkdir(theirs)
      await chown(theirs, 12_345, 12_345)
      expect(await openCache([join(theirs, 'racecar'), join(base, 'good')])).toBe(join(base, 'good'))
      await expect(openCache([join(theirs, 'racecar')])).rejects.toThrow(
        `racecar (lies below ${theirs}, which belongs to another user (12345))`,
      )
      expect(await readdir(theirs)).toEqual([])
      const ours = join(base, 'ours')
      await mkdir(ours, { mode: 0o700 })
      await chown(ours, 12_345, 12_345)
      await expect(openCache([ours])).rejects.toThrow('ours (belongs to another user (12345))')
    },
  )

  it('is written by twenty at once and whole for each', async () => {
    const folders = await Promise.all(Array.from({ length: 20 }, () => keep(base, files)))
    expect(new Set(folders).size).toBe(1)
    expect(await readdir(base)).toEqual([basename(folders[0]!)])
  })

  it('says so when it cannot be written', async () => {
    await expect(keep(join(base, 'missing'), files)).rejects.toMatchObject({ code: 'CANNOT_CREATE' })
  })
})
