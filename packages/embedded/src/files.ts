// The files that the broker's program may use: Go's file functions on Node's synchronous ones, whose answers wait for no other thread;
// the thread that they hold up is the broker's own. What Go prints is collected.

import fs from 'node:fs'

type Callback = (error: unknown, result?: unknown) => void

const used = [
  ...['open', 'close', 'read', 'stat', 'lstat', 'fstat', 'mkdir', 'readdir', 'unlink', 'rmdir', 'rename'],
  ...['truncate', 'ftruncate', 'fsync', 'chmod', 'fchmod', 'utimes', 'readlink'],
] as const

interface FilesParts {
  /** Gets what the program writes to its standard output and standard error. */
  readonly print: (text: string) => void
  /** By which the program is entered. */
  readonly enter: (into: () => void) => void
}

export function files({ print, enter }: FilesParts): object {
  const answering = (plain: Plain) => answered(plain, enter)
  const functions = Object.fromEntries(used.map(name => [name, answering(fs[`${name}Sync`] as Plain)]))
  const written = (fd: number, bytes: Uint8Array, ...where: number[]): unknown => {
    if (fd > 2) return (fs.writeSync as Plain)(fd, bytes, ...where)
    print(Buffer.from(bytes).toString())
    return bytes.length
  }
  return { constants: fs.constants, ...functions, write: answering(written as Plain), writeSync: written }
}

type Plain = (...args: unknown[]) => unknown

// Not at once, but when the program has come to rest: entered from within its own call, it would go on with other work there, and
// there again, until its stack is full.
function answered(plain: Plain, enter: FilesParts['enter']) {
  return (...args: unknown[]): void => {
    const callback = args.pop() as Callback
    const answer = (error: unknown, result?: unknown) => queueMicrotask(() => enter(() => callback(error, result)))
    try {
      answer(null, plain(...args))
    } catch (error) {
      answer(error)
    }
  }
}
