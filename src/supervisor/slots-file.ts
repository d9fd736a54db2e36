// Beside the pidfile: who the primary is that wrote it, and which workers hold which instance ids in which group. It is for the
// start after an end that nobody had time for: what is dead can be taken out of the group at once, what lives can be waited for.

import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
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
    const stat = lstatSync(file)
    if (!stat.isFile() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) return undefined
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isSlotsRecord(read) ? read : undefined
  } catch {
    return undefined
  }
}

/** Whole or not at all: whoever is killed while writing leaves the one before. */
export function writeSlots(file: string, record: SlotsRecord): void {
  const draft = `${file}.${record.primary.pid}`
  try {
    writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

export const removeSlots = (file: string): void => rmSync(file, { force: true })

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
