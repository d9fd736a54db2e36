// Text in PEM from where an option says it is: a file, a folder of files, or a variable of the environment, `env:NAME`. What goes
// wrong is said in half a sentence that begins with a verb, and holds nothing of what was read.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { read } from '../lib/reason.ts'

/** The second half of a sentence about the place. */
export class Unusable extends Error {}

const VARIABLE = 'env:'
/** As certificates and revocation lists are called, and as OpenSSL's c_rehash calls the links to them. */
const IN_FOLDERS = /\.(pem|crt|cer|crl)$|^[0-9a-f]{8}\.r?\d+$/i

/** Throws Unusable. */
export function textAt(place: string): string {
  return place.startsWith(VARIABLE) ? variable(place.slice(VARIABLE.length)) : file(place)
}

/** Of a folder all that is in its files. Throws Unusable. */
export function textsAt(place: string): string {
  if (place.startsWith(VARIABLE) || !isFolder(place)) return textAt(place)
  const names = attempt(() => readdirSync(place)).filter(name => IN_FOLDERS.test(name))
  return names
    .map(name => join(place, name))
    .filter(path => !isFolder(path))
    .map(file)
    .join('\n')
}

/** What is no text: of a file its bytes, of a variable what it says in base64. Throws Unusable. */
export function bytesAt(place: string): Buffer {
  return Buffer.from(textAt(place), place.startsWith(VARIABLE) ? 'base64' : 'latin1')
}

/** Each block of this label, once. */
export function blocks(text: string, label: RegExp): string[] {
  const all = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)
  return [...new Set([...all].filter(([, found]) => label.test(found!)).map(([block]) => block))]
}

function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Unusable('is not set in the environment that racecar was started with')
  // Files of variables mostly know no other way to write several lines as one.
  return value.includes('\n') ? value : value.replaceAll('\\n', '\n')
}

function file(path: string): string {
  if (isFolder(path)) throw new Unusable('is a folder, not a file')
  return attempt(() => readFileSync(path, 'latin1'))
}

const isFolder = (path: string): boolean => attempt(() => statSync(path)).isDirectory()

function attempt<T>(task: () => T): T {
  try {
    return task()
  } catch (error) {
    const code = read(error, 'code')
    throw new Unusable(code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`)
  }
}
