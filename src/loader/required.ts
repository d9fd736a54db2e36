// From what --require and --boot were given to files: a path, a path without its extension, a glob, or the name of an installed package.

import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { RacecarError } from '../errors.ts'
import { EXTENSIONS, isModule } from './files.ts'

/** Absolute paths in the order given, each once. Throws CONFIG naming all that lead nowhere. */
export async function findRequired(cwd: string, wanted: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(wanted.map(one => find(cwd, one)))
  const missing = wanted.filter((_, index) => found[index]!.length === 0)
  if (missing.length === 0) return [...new Set(found.flat())]
  const names = missing.map(one => JSON.stringify(one)).join(', ')
  throw new RacecarError('CONFIG', `require names ${names}, but there is no such module in ${cwd}.`)
}

/** Absolute. Throws CONFIG where it leads nowhere, or to several. */
export async function findBoot(cwd: string, wanted: string): Promise<string> {
  const [file, ...others] = await find(cwd, wanted)
  if (file !== undefined && others.length === 0) return file
  const found = file === undefined ? 'there is no such module' : `there are ${others.length + 1} such modules`
  throw new RacecarError('CONFIG', `boot names ${JSON.stringify(wanted)}, but ${found} in ${cwd}.`)
}

async function find(cwd: string, wanted: string): Promise<readonly string[]> {
  const path = resolve(cwd, wanted)
  for (const file of [path, ...EXTENSIONS.map(extension => path + extension)]) if (await isFile(file)) return [file]
  if (/[*?[\]{}!()]/.test(wanted)) return expand(cwd, wanted)
  return isBare(wanted) ? installed(cwd, wanted) : []
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}

async function expand(cwd: string, pattern: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby')
  const ignore = pattern.includes('node_modules') ? [] : ['**/node_modules/**']
  const files = await glob(pattern, { cwd, ignore, absolute: true, expandDirectories: false })
  return files.filter(isModule).sort()
}

const isBare = (wanted: string): boolean => !/^(\.|\/|[a-z]:)/i.test(wanted)

function installed(cwd: string, name: string): readonly string[] {
  try {
    return [createRequire(join(cwd, 'package.json')).resolve(name)]
  } catch {
    return []
  }
}
