// Which racecar is meant: by its pidfile, by its consumer, or the only one there is. A number in a pidfile proves nothing; only
// what lies in the run folder, or answers there, is a racecar of this user.

import { realpathSync, statSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { readOwn } from '../../lib/own-file.ts'
import { reasonOf } from '../../lib/reason.ts'
import { isAlive, isStill } from '../../supervisor/process-start.ts'
import { distrust, type Found, type Identity, lookInto } from '../../supervisor/run-folder.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'

export interface Target {
  readonly identity: Identity
  readonly socket: string
  /** null: it does not say. */
  readonly group: string | null
}

export interface Selection {
  readonly pidfile?: string | undefined
  readonly consumer?: string | undefined
}

export type Choice =
  | { readonly kind: 'one'; readonly target: Target }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'several'; readonly targets: readonly Target[] }

const HELLO_MS = 1000

export async function choose(selection: Selection, ground: Ground): Promise<Choice> {
  const { targets, doubts } = await findAll(ground)
  const choice =
    selection.pidfile === undefined
      ? byConsumer(selection.consumer, targets, ground)
      : byPidfile(selection.pidfile, targets, ground)
  if (choice.kind !== 'none' || doubts.length === 0) return choice
  return { kind: 'none', why: [choice.why, ...doubts].join('\n') }
}

interface Findings {
  readonly targets: readonly Target[]
  /** Folders that were not looked into, and why. */
  readonly doubts: readonly string[]
}

async function findAll(ground: Ground): Promise<Findings> {
  const all = await Promise.all(ground.folders.map(folder => findIn(folder, ground)))
  return { targets: all.flatMap(({ targets }) => targets), doubts: all.flatMap(({ doubts }) => doubts) }
}

async function findIn(folder: string, ground: Ground): Promise<Findings> {
  const isThere = await lstat(folder).catch(() => undefined)
  if (!isThere) return { targets: [], doubts: [] }
  const doubt = await distrust(folder)
  if (doubt !== undefined) return { targets: [], doubts: [`The folder ${folder} ${doubt}; it was not looked into.`] }
  const targets = await Promise.all((await lookInto(folder)).map(found => introduce(found, ground)))
  return { targets: targets.filter(target => target !== undefined), doubts: [] }
}

/** For sentences. */
export const nameOf = ({ identity: { consumer, pid } }: Target): string => `${consumer} (${pid})`

/** undefined: it is gone, or nobody can say who it is. */
async function introduce({ place: { socket }, note }: Found, { clock }: Ground): Promise<Target | undefined> {
  const reply = await ask(socket, 'hello', { clock, withinMs: HELLO_MS })
  if (reply.kind === 'answer') {
    const { group, ...identity } = reply.data
    return { identity, socket, group }
  }
  const isMute = reply.kind === 'silence' || reply.kind === 'refusal'
  return isMute && note && isStill(note) ? { identity: note, socket, group: null } : undefined
}

function byConsumer(consumer: string | undefined, targets: readonly Target[], { folders }: Ground): Choice {
  const meant = targets.filter(
    ({ identity }) => consumer === undefined || identity.consumer.split(', ').includes(consumer),
  )
  const [target] = meant
  if (!target) {
    const which = consumer ? ` that runs ${consumer}` : ''
    return { kind: 'none', why: `not running: there is no racecar of yours${which}${among(folders)}.` }
  }
  return meant.length === 1 ? { kind: 'one', target } : { kind: 'several', targets: meant }
}

/** Whoever has another XDG_RUNTIME_DIR, or temporary folder, than the racecar that is meant looks in vain. */
const among = (folders: readonly string[]): string => (folders.length === 0 ? '' : ` in ${folders.join(' or ')}`)

function byPidfile(file: string, targets: readonly Target[], { cwd, folders }: Ground): Choice {
  const path = resolve(cwd, file)
  const content = readPidfile(path)
  const holder = targets.find(({ identity }) => isSameFile(identity.pidfile, path))
  switch (content.kind) {
    case 'missing':
      // Deleted while it runs, perhaps.
      if (holder) return { kind: 'one', target: holder }
      return { kind: 'none', why: `not running: there is no pidfile ${path}.` }
    case 'unusable':
      return { kind: 'none', why: `${path} ${content.why}.` }
    case 'pid':
      if (holder?.identity.pid === content.pid) return { kind: 'one', target: holder }
      return { kind: 'none', why: whyNot(content.pid, path, targets, folders) }
    default:
      return content satisfies never
  }
}

function whyNot(pid: number, path: string, targets: readonly Target[], folders: readonly string[]): string {
  if (!isAlive(pid)) return `not running: the process ${pid} that ${path} names is gone.`
  const who = targets.find(({ identity }) => identity.pid === pid)?.identity
  const other = who?.pidfile ? `has the pidfile ${who.pidfile}` : 'has no pidfile'
  const what = who ? `runs ${who.consumer} and ${other}` : `is no racecar of yours${ofUser(pid) || among(folders)}`
  return `${path} names the process ${pid}, which ${what}. Nothing was done to it.`
}

type Content =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'pid'; readonly pid: number }

function readPidfile(path: string): Content {
  try {
    const found = readOwn(path)
    if (!found) return { kind: 'missing' }
    const text = found.text.trim()
    if (text === '') return { kind: 'unusable', why: 'is empty' }
    if (!/^[1-9][0-9]{0,9}$/.test(text)) return { kind: 'unusable', why: 'holds something that is no process id' }
    return { kind: 'pid', pid: Number(text) }
  } catch (error) {
    return { kind: 'unusable', why: reasonOf(error) }
  }
}

/** A racecar of somebody else's cannot be talked to; whoever may have it stopped should know as whom. */
function ofUser(pid: number): string {
  try {
    const { uid } = statSync(`/proc/${pid}`)
    return uid === process.getuid?.() ? '' : ` (it belongs to the user ${uid})`
  } catch {
    return ''
  }
}

/** The way there may lead through links. */
function isSameFile(one: string | null, other: string): boolean {
  return one !== null && straight(one) === straight(other)
}

function straight(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}
