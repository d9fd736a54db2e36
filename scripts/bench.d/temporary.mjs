// A folder for the files of one run, gone with it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'racecar-bench-'))
const made = { files: 0 }

export const temporaryFile = name => join(folder, `${name}-${++made.files}`)
export const removeTemporary = () => rmSync(folder, { recursive: true, force: true })
