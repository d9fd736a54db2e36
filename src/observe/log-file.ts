// A file that lines are appended to, which may be moved away, full or gone for a while: that costs lines, never the process. Written
// synchronously, so that at an exit nothing is on its way any more, and what was moved away is complete.

import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats, writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { RacecarError } from '../errors.ts'
import { belongsTo, isStrangers, PRIVATE, WARY } from '../lib/own-file.ts'
import { reasonOf } from '../lib/reason.ts'

export interface LogFileParts {
  readonly file: string
  /** Said once when lines begin to be lost. */
  readonly complain: (sentence: string) => void
  /** It can be written again, after so many lines were lost. */
  readonly recovered: (lost: number) => void
}

export class LogFile extends Writable {
  readonly #parts: LogFileParts
  #fd: number
  #lost = 0
  /** A line was cut off where the disk was full. */
  #isTorn = false

  /** Throws CANNOT_CREATE when the file cannot be opened. */
  constructor(parts: LogFileParts) {
    super({ decodeStrings: true })
    this.#parts = parts
    this.#fd = openLogFile(parts.file)
  }

  /** The file of that name, which may be another one by now. Throws CANNOT_CREATE; then the one before is written on. */
  reopen(): void {
    const before = this.#fd
    this.#fd = openLogFile(this.#parts.file)
    this.#isTorn = false
    closeSync(before)
  }

  override _write(line: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      this.#append(this.#isTorn ? Buffer.concat([Buffer.from('\n'), line]) : line)
      this.#isTorn = false
      this.#tellRecovered()
    } catch (error) {
      this.#lose(error)
    }
    done()
  }

  override _final(done: () => void): void {
    closeSync(this.#fd)
    done()
  }

  #append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#fd, bytes, at)
      this.#isTorn = at < bytes.length
    }
  }

  #lose(error: unknown): void {
    this.#lost++
    if (this.#lost > 1) return
    const why = reasonOf(error)
    this.#parts.complain(`The log file ${this.#parts.file} cannot be written: ${why}. Lines are lost until it can.`)
  }

  #tellRecovered(): void {
    const lost = this.#lost
    if (lost === 0) return
    this.#lost = 0
    this.#parts.recovered(lost)
  }
}

/** Throws CANNOT_CREATE. */
export function openLogFile(file: string): number {
  try {
    return openToAppend(file)
  } catch (error) {
    const why = reasonOf(error)
    throw new RacecarError('CANNOT_CREATE', `The log file ${file} cannot be written: ${why}.`, { cause: error })
  }
}

/** A link is followed that we or root have made, as one to /dev/stdout is; what strangers have put there is not written to. */
function openToAppend(file: string): number {
  const there = lstatSync(file, { throwIfNoEntry: false })
  if (there && isStrangers(there)) throw new Error(`what is there ${belongsTo(there.uid)}`)
  const isLink = there?.isSymbolicLink() === true
  // A pipe that nobody reads, or nobody reads from any more, must not hold the supervision up.
  const fd = openSync(file, APPEND | (isLink ? 0 : WARY), PRIVATE)
  const why = troubleWith(fstatSync(fd), isLink)
  if (why === undefined) return fd
  closeSync(fd)
  throw new Error(`what is there ${why}`)
}

function troubleWith(stat: Stats, isLink: boolean): string | undefined {
  // A link may lead to a pipe or a terminal of whoever started us.
  if (isStrangers(stat) && (stat.isFile() || !isLink)) return belongsTo(stat.uid)
  return stat.isFile() && stat.nlink > 1
    ? 'has another name as well (a hard link), and may be what is to be spoilt'
    : undefined
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
