// Beside the pidfile: who the primary is that wrote it, and which workers hold which instance ids in which group. It is for the
// start after an end that nobody had time for: what is dead can be taken out of the group at once, what lives can be waited for.

import { lstatSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { belongsTo, isStrangers, readOwn, replaceOwn } from '../lib/own-file.ts'
import { birthOf, isStill, type Life } from './process-start.ts'

export interface PrimaryRecord extends Life {
  readonly host: string
}

/** A worker that may be a member of the group. */
export interface SlotRecord extends Life {
  readonly host: string
  readonly name: string
  readonly groupId: string
  readonly instanceId: string
}

export interface SlotsRecord {
  readonly primary: PrimaryRecord
  readonly slots: readonly SlotRecord[]
}

/** undefined: there is none, or what is there is not ours to understand, or others could have written it: processes are ended by it. */
export function readSlots(file: string): SlotsRecord | undefined {
  try {
    const { text, stat } = readOwn(file)!
    // By another name it may be a file of ours that somebody else fills.
    if (stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0 || stat.nlink > 1) return undefined
    const read: unknown = JSON.parse(text)
    return isSlotsRecord(read) ? read : undefined
  } catch {
    return undefined
  }
}

/** Throws where what is there was never one of ours. */
export function writeSlots(file: string, record: SlotsRecord): void {
  const trouble = troubleWith(file)
  if (trouble !== undefined) throw new Error(`it ${trouble}`)
  replaceOwn(file, `${JSON.stringify(record, null, 2)}\n`)
}

export function removeSlots(file: string): void {
  if (troubleWith(file) === undefined) rmSync(file, { force: true })
}

function troubleWith(file: string): string | undefined {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (!stat) return undefined
  if (!stat.isFile()) return 'is no ordinary file'
  return isStrangers(stat) ? belongsTo(stat.uid) : undefined
}

export const lifeOf = (pid: number): PrimaryRecord => ({ pid, birth: birthOf(pid) ?? null, host: hostname() })

export const isFromHere = ({ host }: PrimaryRecord): boolean => host === hostname()

/** `unknown`: where it ran nobody here can see it, or its number has an owner and nothing says whether it is the same one. */
export function fateOf(record: PrimaryRecord): 'alive' | 'dead' | 'unknown' {
  if (!isFromHere(record)) return 'unknown'
  if (!isStill(record)) return 'dead'
  return record.birth === null ? 'unknown' : 'alive'
}

function isSlotsRecord(read: unknown): read is SlotsRecord {
  const { primary, slots } = (read ?? {}) as Partial<SlotsRecord>
  return isPrimary(primary) && Array.isArray(slots) && slots.every(isSlot)
}

function isSlot(read: unknown): read is SlotRecord {
  const { name, groupId, instanceId } = (read ?? {}) as Partial<SlotRecord>
  return isPrimary(read) && [name, groupId, instanceId].every(text => typeof text === 'string' && text !== '')
}

export function isPrimary(read: unknown): read is PrimaryRecord {
  const { pid, birth, host } = (read ?? {}) as Partial<PrimaryRecord>
  return (
    Number.isSafeInteger(pid) && pid! > 0 && (birth === null || typeof birth === 'string') && typeof host === 'string'
  )
}
