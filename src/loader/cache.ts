// A folder for what was compiled: nobody else's, and the same content is the same folder, so that nothing is written twice and a
// worker that is replaced weeks later finds what its primary compiled. Knows nothing of compilers.

import { createHash, randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { RacecarError } from '../errors.ts'
import { belongsTo, strangerAbove } from '../lib/own-file.ts'

export interface CacheFile {
  readonly name: string
  readonly contents: string
}

/** Most wanted first: a cache outlives a temporary folder, which is cleared of what is some days old. */
export function cacheFolders(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const { XDG_CACHE_HOME: xdg } = env
  const own = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), cacheOfSystem())
  return [join(own, 'racecar'), join(tmpdir(), `racecar-${process.getuid?.() ?? 'cache'}`)]
}

const cacheOfSystem = (): string => (process.platform === 'darwin' ? 'Library/Caches' : '.cache')

/** The first of the folders that can be had for us alone. Throws CANNOT_CREATE saying what is wrong with each. */
export async function openCache(folders: readonly string[]): Promise<string> {
  const faults: string[] = []
  for (const folder of folders) {
    const fault = await claim(folder).catch((error: Error) => error.message)
    if (fault === undefined) return folder
    faults.push(`${folder} (${fault})`)
  }
  const text = `There is no folder to put compiled TypeScript into: ${faults.join(', ')}.`
  throw new RacecarError('CANNOT_CREATE', text)
}

/** Whoever can write here can run code as us: so it is ours, closed to others, no link to elsewhere, and below no stranger's folder. */
async function claim(folder: string): Promise<string | undefined> {
  const above = strangerAbove(folder)
  if (above !== undefined) return above
  await makeFolder(folder)
  const found = await lstat(folder)
  if (!found.isDirectory()) return 'not a folder'
  if (process.getuid !== undefined && found.uid !== process.getuid()) return belongsTo(found.uid)
  if (process.platform !== 'win32') {
    if ((found.mode & 0o022) !== 0) return 'others may write to it'
    if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700)
  }
  // Rights alone do not tell: the disk may be read-only or full.
  const probe = join(folder, temporaryName())
  await mkdir(probe)
  await rm(probe, { recursive: true })
  return undefined
}

/** Node's own recursive mkdir tries for ever below /proc and its like, where a parent exists and nothing can be made in it. */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = folder; !(await exists(at)) && dirname(at) !== at; at = dirname(at)) missing.unshift(at)
  for (const one of missing) {
    await mkdir(one, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

const exists = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined)) !== undefined

/** Puts the files into a folder named by their content, all or none, and returns it. */
export async function keep(cache: string, files: readonly CacheFile[]): Promise<string> {
  const folder = join(cache, nameFor(files))
  if (await isComplete(folder, files)) return folder
  const making = join(cache, temporaryName())
  try {
    await mkdir(making, { mode: 0o700 })
    await Promise.all(files.map(({ name, contents }) => writeFile(join(making, name), contents, { mode: 0o600 })))
    await replace(making, folder, files)
    return folder
  } catch (cause) {
    throw new RacecarError('CANNOT_CREATE', `Compiled TypeScript could not be written: ${(cause as Error).message}`, {
      cause,
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

async function replace(making: string, folder: string, files: readonly CacheFile[]): Promise<void> {
  try {
    await rename(making, folder)
  } catch (error) {
    // Another primary was faster; or something has removed a part of it, which is put back file by file.
    if (await isComplete(folder, files)) return
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    for (const { name } of files) await rename(join(making, name), join(folder, name))
  }
}

const temporaryName = (): string => `.making-${randomBytes(8).toString('hex')}`

function nameFor(files: readonly CacheFile[]): string {
  const hash = createHash('sha256')
  for (const { name, contents } of files) hash.update(JSON.stringify([name, contents]))
  return hash.digest('hex').slice(0, 32)
}

/** Byte by byte: what is run is what was compiled, whatever a crash, or somebody who could write there once, has left. */
async function isComplete(folder: string, files: readonly CacheFile[]): Promise<boolean> {
  const found = await Promise.all(files.map(({ name }) => readFile(join(folder, name), 'utf8').catch(() => undefined)))
  return files.every(({ contents }, index) => found[index] === contents)
}
