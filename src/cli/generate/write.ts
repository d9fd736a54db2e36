// Puts files where nobody has one yet, and says of each what came of it.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RacecarError } from '../../errors.ts'
import { reasonOf } from '../../lib/reason.ts'

export interface NewFile {
  /** From the project's folder. */
  readonly path: string
  readonly text: string
}

export type Outcome = 'create' | 'overwrite' | 'identical' | 'exists'

/** What is there is left as it is, unless `force`. Throws CANNOT_CREATE. */
export async function put(cwd: string, { path, text }: NewFile, force: boolean): Promise<Outcome> {
  const file = join(cwd, path)
  try {
    await mkdir(dirname(file), { recursive: true })
    if (await written(file, text)) return 'create'
    if ((await readFile(file, 'utf8')) === text) return 'identical'
    if (!force) return 'exists'
    await writeFile(file, text)
    return 'overwrite'
  } catch (cause) {
    throw new RacecarError('CANNOT_CREATE', `${path} cannot be written: ${reasonOf(cause)}.`, { cause })
  }
}

/** false: there is one. */
async function written(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
