// A password or the like, as a function: what is kept so is shown by no log line and no dump, whoever prints the object around it.
// One from a file is read anew whenever it is wanted, since somebody may have put another one there.

import { readFileSync, statSync } from 'node:fs'

export type Secret = () => string

/** `text` is what it was when it was looked at first. A file that is gone, or being written, leaves it at what it was last. */
export function secretOf(text: string, file?: string): Secret {
  let last = text
  return () => {
    if (file !== undefined) last = readAgain(file) || last
    return last
  }
}

/** Editors and `echo` end a file with a new line, which is no part of any secret. */
export const secretIn = (text: string): string => text.replace(/\r?\n$/, '')

function readAgain(file: string): string {
  try {
    // A pipe says it once: whoever reads it again waits for ever, and the whole process with him.
    return statSync(file).isFile() ? secretIn(readFileSync(file, 'utf8')) : ''
  } catch {
    return ''
  }
}
