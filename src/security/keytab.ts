// A keytab: a file of keys, by which somebody gets tickets who cannot be asked for a password. Read for whose keys they are, so that a
// wrong one is told before anybody connects; the keys themselves are MIT Kerberos's to read.
// Source: https://web.mit.edu/kerberos/krb5-latest/doc/formats/keytab_file_format.html

import { bytesAt, Unusable } from './pem.ts'

/** As MIT Kerberos calls a keytab that is a file, and how its library has to be told. */
const FILE = 'FILE:'
/** The first two bytes: what it is, and the version that has been written since 1993. */
const HEAD = 0x0502

export const pathOf = (keytab: string): string => (keytab.startsWith(FILE) ? keytab.slice(FILE.length) : keytab)

/** `name@REALM` of each, once, in their order. Throws Unusable. */
export function principalsIn(keytab: string): readonly string[] {
  const path = pathOf(keytab)
  // Another kind of keytab, or of place.
  if (/^[a-z]+:/i.test(path)) throw new Unusable('must be the path of a file')
  const bytes = bytesAt(path)
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== HEAD) throw new Unusable('is no keytab')
  try {
    return [...new Set(namesIn(bytes))]
  } catch (error) {
    if (error instanceof RangeError) throw new Unusable('is a keytab that is cut off')
    throw error
  }
}

/** `name`, with or without its realm, is one of them. */
export const isAmong = (name: string, principals: readonly string[]): boolean =>
  principals.some(one => one === name || one.slice(0, one.lastIndexOf('@')) === name)

function* namesIn(bytes: Buffer): Generator<string> {
  let at = 2
  while (at + 4 <= bytes.length) {
    const size = bytes.readInt32BE(at)
    at += 4
    // What was deleted leaves a hole of that size.
    if (size > 0) yield nameIn(bytes.subarray(at, at + size))
    at += Math.abs(size)
  }
}

function nameIn(entry: Buffer): string {
  let at = 2
  const next = (): string => {
    const start = at + 2
    at = start + entry.readUInt16BE(at)
    return entry.toString('utf8', start, at)
  }
  const count = entry.readUInt16BE(0)
  const realm = next()
  return `${Array.from({ length: count }, next).join('/')}@${realm}`
}
