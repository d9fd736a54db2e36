// Files that other users of the machine may have put where ours belong: who is trusted to own one, and how one is read and written
// without following what somebody has planted there.

import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { reasonOf } from './reason.ts'

/** For its owner's eyes alone. */
export const PRIVATE = 0o600

export interface OwnFile {
  readonly text: string
  readonly stat: Stats
}

/** No link is followed, and no pipe waited for. Windows has no such flags. */
export const WARY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const NO_FILE = 'is no ordinary file'

/** What somebody else owns: neither we nor the system. Where user numbers are mapped root may be unmapped, and still owns `/`. */
export const isStrangers = ({ uid }: { readonly uid: number }): boolean =>
  process.getuid !== undefined && uid !== process.getuid() && uid !== 0 && uid !== statSync('/').uid

/** The half sentence after its name. */
export const belongsTo = (uid: number): string => `belongs to another user (${uid})`

/** undefined: there is none. Throws the half sentence after its name where it is nothing that one of ours could be. */
export function readOwn(file: string): OwnFile | undefined {
  const fd = open(file)
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new Error(NO_FILE)
    if (isStrangers(stat)) throw new Error(belongsTo(stat.uid))
    return { text: readFileSync(fd, 'utf8'), stat }
  } finally {
    closeSync(fd)
  }
}

function open(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | WARY)
  } catch (error) {
    const stat = lstatSync(file, { throwIfNoEntry: false })
    if (!stat) return undefined
    if (!stat.isFile()) throw new Error(NO_FILE)
    // Root's as well, where it is not for our eyes.
    if (process.getuid && stat.uid !== process.getuid()) throw new Error(belongsTo(stat.uid))
    throw new Error(`cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** Whole or not at all; readable by its owner alone. What was there before is replaced, and where it was a link not followed. */
export function replaceOwn(file: string, text: string): void {
  // A name that nobody can know in advance.
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: PRIVATE })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/**
 * Whether somebody else owns a folder, or a link, on the way to this one, and could put another one in its place: the half sentence
 * after its name. What is open to all without being somebody's, as a container's volumes are, is not held against it.
 */
export function strangerAbove(folder: string): string | undefined {
  const parent = dirname(folder)
  for (const above of new Set([...upFrom(parent), ...upFrom(real(parent))])) {
    const stat = lstatSync(above, { throwIfNoEntry: false })
    if (stat && isStrangers(stat)) return `lies below ${above}, which ${belongsTo(stat.uid)}`
  }
  return undefined
}

function real(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

function upFrom(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...upFrom(above)]
}
