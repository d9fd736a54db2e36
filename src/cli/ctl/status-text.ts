// How a racecar stands, as a person reads it: the primary, its slots, their partitions, the sum. Made for a hundred columns: what is
// longer than its place is cut in the middle, or at the end of its line; as JSON it is whole.

import type { AnswerTo, Configuration } from '../../supervisor/commands.ts'
import type { ConsumerQuiet, LastWord, PartitionStatus, RestartStatus, SlotStatus } from '../../supervisor/status.ts'
import { fold, megabytes, plain, type Row, span, table, WIDTH } from './words.ts'

type Status = AnswerTo<'status'>

const NONE = '–'

export function statusText(data: Status, now: number): string {
  const { slots } = data
  const rows = slots.flatMap(slot => rowsOfPartitions(slot, now))
  return [
    head(data, now),
    slots.length > 0 &&
      table(
        SLOTS,
        slots.flatMap(slot => rowOfSlot(slot, now)),
      ),
    rows.length > 0 && `${table(PARTITIONS, rows)}${sum(slots)}`,
  ]
    .filter(part => part !== false)
    .join('\n')
}

/** What an older racecar does not say is left out. */
function head({ consumer, pid, version, group, pidfile, state, quiet = [], ...more }: Status, now: number): string {
  const { startedAt, memoryBytes, logfile, configuration, restart } = more as Partial<Status>
  const facts = [
    `pid ${pid}`,
    group && `group ${group}`,
    startedAt && `up ${ago(startedAt, now)}`,
    memoryBytes && megabytes(memoryBytes),
    `racecar ${version}`,
  ]
  const files = [pidfile && `pidfile ${pidfile}`, logfile && `log file ${logfile}`]
  const lines = [
    `${consumer} is ${state}: ${facts.filter(Boolean).join(', ')}`,
    configuration && `Configuration: ${sayConfiguration(configuration)}`,
    files.some(Boolean) && `Files: ${files.filter(Boolean).join(', ')}`,
    restart && sayRestart(restart, now),
    state !== 'quiet' && quiet.length > 0 && `Quiet: ${quiet.map(sayQuiet).join('; ')}`,
  ]
  return lines.map(line => (line ? fold(plain(line, 1000)) : '')).join('')
}

function sayConfiguration({ files, environment, variables, flags }: Configuration): string {
  const all = [
    files.length > 0 && `${files.join(', ')} (${environment})`,
    variables.length > 0 && variables.join(', '),
    flags.length > 0 && flags.join(', '),
  ]
  return all.filter(Boolean).join('; ') || 'defaults alone'
}

function sayRestart({ state, replaced, slot, since, endedAt, failure }: RestartStatus, now: number): string {
  if (state === 'running')
    return `Restart: for ${ago(since, now)}, ${replaced} replaced${slot === null ? '' : `, ${slot} is next`}`
  if (endedAt === null) return 'Restart: over'
  return `Restart: ${state} ${ago(endedAt, now)} ago, ${replaced} replaced${failure === null ? '' : `; ${failure}`}`
}

function sayQuiet({ consumer, all, except }: ConsumerQuiet): string {
  if (!all) return `${except.join(', ')} of ${consumer}`
  return except.length === 0 ? `all of ${consumer}` : `all of ${consumer} but ${except.join(', ')}`
}

/** By as much as this a name is still known. */
const LEAST = 16

const SLOTS = [
  { title: 'SLOT', least: LEAST },
  { title: 'PID', align: 'right' },
  { title: 'STATE' },
  { title: 'FOR' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'DELAY', align: 'right' },
] as const

function rowOfSlot(slot: SlotStatus, now: number): Row[] {
  const { name, pid, state, since, nextAt, restarts, lastReason, answers } = slot
  const { memoryBytes = null, cpuPercent = null, loopDelayMs = null, lastHeard = null } = slot
  const more = answers ? (nextAt === null ? '' : `, again in ${until(nextAt, now)}`) : ', does not answer'
  const row = [
    plain(name, 300),
    String(pid ?? NONE),
    `${state}${more}`,
    ago(since, now),
    String(restarts),
    memoryBytes === null ? NONE : megabytes(memoryBytes),
    cpuPercent === null ? NONE : `${Math.round(cpuPercent)} %`,
    loopDelayMs === null ? NONE : `${loopDelayMs} ms`,
  ]
  const notes = [
    lastReason !== null && note(`its last process ${lastReason}`),
    answers && isLate(slot.lastBeatAt, now) && note(`the group last heard of it ${ago(slot.lastBeatAt!, now)} ago`),
    !answers && lastHeard !== null && note(sayLastWord(lastHeard, slot.answeredAt, now)),
  ]
  return [row, ...notes.filter(one => one !== false)]
}

/** Longer than any heartbeat_interval that is sound. */
const LATE_MS = 15_000

const isLate = (at: string | null | undefined, now: number): boolean => Boolean(at) && now - Date.parse(at!) > LATE_MS

const note = (text: string): string => plain(text, WIDTH - 2)

function sayLastWord({ at, inHand, more }: LastWord, answeredAt: string | null, now: number): string {
  const others = more + Math.max(0, inHand.length - 1)
  const [first] = inHand
  const had = first
    ? `with ${first.topic}/${first.partition}@${range(first.offset, first.lastOffset)} in hand${others > 0 ? ` and ${others} more` : ''}`
    : 'with nothing in hand'
  const figures = answeredAt === null ? '' : `; figures of ${ago(answeredAt, now)} ago`
  return `last heard ${ago(at, now)} ago, ${had}${figures}`
}

const PARTITIONS = [
  { title: 'PARTITION', least: LEAST },
  { title: 'SLOT', least: LEAST },
  { title: 'POSITION', align: 'right' },
  { title: 'COMMITTED', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'WAITING', align: 'right' },
  { title: 'NOW' },
] as const

const keyOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${plain(topic, 250)}/${partition}`

/** Of a worker that does not answer what it had in hand is known by its last word, and the rest as it answered last. */
function rowsOfPartitions({ name, answers, partitions, lastHeard = null }: SlotStatus, now: number): Row[] {
  const inHand = answers ? [] : (lastHeard?.inHand ?? [])
  const known = partitions.flatMap(one => {
    const had = inHand.find(other => keyOf(other) === keyOf(one))
    const what = had ? sayHad(had, now) : answers ? doing(one, now) : NONE
    const numbers = [one.position, one.committed, one.lag, one.waiting ?? NONE].map(String)
    const row = [keyOf(one), plain(name, 300), ...numbers, what]
    return answers && isHindered(one) ? [row, note(one.why!)] : [row]
  })
  const others = inHand.filter(one => !partitions.some(other => keyOf(other) === keyOf(one)))
  const unknown = [NONE, NONE, NONE, NONE]
  return [...known, ...others.map(one => [keyOf(one), plain(name, 300), ...unknown, sayHad(one, now)])]
}

/** By more than that it is quiet, which its row says. */
const isHindered = ({ paused, quiet, why }: PartitionStatus): boolean => (paused || !quiet) && Boolean(why)

type Had = LastWord['inHand'][number]

const sayHad = ({ offset, lastOffset, since }: Had, now: number): string =>
  `had ${range(offset, lastOffset)} in hand for ${ago(since, now)}`

function doing(
  { paused, pausedUntil, inHandOffset, inHandLastOffset, inHandSince, quiet, why }: PartitionStatus,
  now: number,
) {
  const more = quiet ? ', quiet' : ''
  if (paused)
    return `${pausedUntil === null ? 'paused for good' : `paused for another ${until(pausedUntil, now)}`}${more}`
  if (inHandSince !== null)
    return `${range(inHandOffset, inHandLastOffset)} in hand for ${ago(inHandSince, now)}${more}`
  if (quiet) return 'quiet'
  return why ? 'held' : 'waits'
}

function sum(slots: readonly SlotStatus[]): string {
  const all = slots.flatMap(({ partitions }) => partitions)
  const current = slots.flatMap(({ answers, partitions }) => (answers ? partitions : []))
  const lag = all.reduce((total, one) => total + one.lag, 0)
  const busy = current.filter(({ inHandSince }) => inHandSince !== null).length
  const paused = current.filter(one => one.paused).length
  const silent = slots.filter(({ answers }) => !answers).length
  const parts = [
    `${all.length} partition${all.length === 1 ? '' : 's'}`,
    `lag ${lag}`,
    busy > 0 && `${busy} in hand`,
    paused > 0 && `${paused} paused`,
    silent === 1 && 'as far as is known of 1 worker that does not answer',
    silent > 1 && `as far as is known of ${silent} workers that do not answer`,
  ]
  return `${parts.filter(Boolean).join(', ')}\n`
}

const range = (first: number | null, last: number | null): string =>
  first === last || last === null ? String(first) : `${first}…${last}`
const ago = (time: string, now: number): string => span(now - Date.parse(time))
const until = (time: string, now: number): string => span(Date.parse(time) - now)
