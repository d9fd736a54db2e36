// The files that the broker's program may use: Go's file functions on Node's synchronous ones. They answer at once, which spares Go
// a turn of the event loop for each write; the thread that they hold up is the broker's own. What Go prints is collected.

import fs from 'node:fs'

type Callback = (error: unknown, result?: unknown) => void

const used = [
  ...['open', 'close', 'read', 'stat', 'lstat', 'fstat', 'mkdir', 'readdir', 'unlink', 'rmdir', 'rename'],
  ...['truncate', 'ftruncate', 'fsync', 'chmod', 'fchmod', 'utimes', 'readlink'],
] as const

/** `print` gets what the program writes to its standard output and standard error. */
export function files(print: (text: string) => void): object {
  const functions = Object.fromEntries(used.map(name => [name, immediate(fs[`${name}Sync`] as Plain)]))
  const written = (fd: number, bytes: Uint8Array, ...where: number[]): unknown => {
    if (fd > 2) return (fs.writeSync as Plain)(fd, bytes, ...where)
    print(Buffer.from(bytes).toString())
    return bytes.length
  }
  return { constants: fs.constants, ...functions, write: immediate(written as Plain), writeSync: written }
}

type Plain = (...args: unknown[]) => unknown

function immediate(plain: Plain) {
  return (...args: unknown[]): void => {
    const callback = args.pop() as Callback
    let result: unknown
    try {
      result = plain(...args)
    } catch (error) {
      callback(error)
      return
    }
    callback(null, result)
  }
}
