// The folder that a command was started in. It may have been deleted since, by a deployment say, while a shell still stands in it.

import { EXIT } from '../errors.ts'

/** Ends the process where there is none. */
export function currentFolder(program: string): string {
  try {
    return process.cwd()
  } catch {
    process.stderr.write(`${program}: the folder that it was started in is gone: cd to one that is there.\n`)
    return process.exit(EXIT.usage)
  }
}
