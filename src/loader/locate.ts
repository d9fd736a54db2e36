// Where a consumer's file lies by convention, and what else lies there. Reads names, never contents.

import { readdir } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'
import { nearest } from '../lib/nearest.ts'
import { EXTENSIONS, isModule } from './files.ts'

export const FOLDERS = ['src/consumers', 'app/consumers', 'consumers', 'dist/consumers', 'build/consumers'] as const

export interface Located {
  /** The files of that name, most wanted first, all from the first folder that has one. */
  readonly candidates: readonly string[]
  /** Where it was looked and what was there, for the error. */
  readonly lookedIn: string
}

/** Looks for `TapDanceConsumer` in files called tap-dance-consumer, tap_dance_consumer or TapDanceConsumer. */
export async function locate(cwd: string, consumer: string): Promise<Located> {
  const seen: string[] = []
  for (const folder of FOLDERS) {
    const files = await modulesIn(join(cwd, folder))
    const candidates = files.filter(file => plain(nameOf(file)) === plain(consumer)).sort(byPreference)
    if (candidates.length > 0) return { candidates, lookedIn: folder }
    seen.push(...files)
  }
  return { candidates: [], lookedIn: inWords(cwd, consumer, seen) }
}

/** All modules below a folder; none where it does not exist. */
async function modulesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unlessMissing)
  const deeper = entries.filter(entry => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
  // A link to a file is as good as the file.
  const files = entries.filter(entry => !entry.isDirectory() && isModule(entry.name))
  const below = await Promise.all(deeper.map(({ name }) => modulesIn(join(folder, name))))
  return [...files.map(({ name }) => join(folder, name)), ...below.flat()].sort()
}

function unlessMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
  throw error
}

const nameOf = (file: string): string => basename(file, extname(file))

/** The same for all three spellings of a file's name. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '')

/** Nearer to the top first, then TypeScript before JavaScript. */
function byPreference(a: string, b: string): number {
  const depth = (file: string): number => file.split(sep).length
  const rank = (file: string): number => EXTENSIONS.indexOf(extname(file))
  return depth(a) - depth(b) || rank(a) - rank(b)
}

function inWords(cwd: string, consumer: string, seen: readonly string[]): string {
  const kebab = fileNameOf(consumer)
  const others = [...new Set([kebab, kebab.replaceAll('-', '_')])].join(', ')
  const looked = `Looked for ${others} or ${consumer} (${EXTENSIONS.join(', ')})`
  const where = `in ${FOLDERS.join(', ')} of ${cwd}`
  if (seen.length === 0) return `${looked} ${where}, and saw no consumer there.`
  const list = seen.map(file => `${pascal(nameOf(file))} (${relative(cwd, file)})`)
  const meant = nearest(
    consumer,
    seen.map(file => pascal(nameOf(file))),
  )
  return `${looked} ${where}. Seen there: ${list.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`
}

/** In kebab case, without an extension. */
export const fileNameOf = (consumer: string): string =>
  consumer.replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4').toLowerCase()

const pascal = (name: string): string => name.replace(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase())
