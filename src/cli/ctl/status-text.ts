// How a racecar stands, as a person reads it: the primary, its slots, their partitions, the sum. Made for a hundred columns: what is
// longer than its place is cut in the middle, or at the end of its line; as JSON it is whole.

import type { AnswerTo, Configuration } from '../../supervisor/commands.ts'
import type { ConsumerQuiet, LastWord, PartitionStatus, SlotStatus } from '../../supervisor/status.ts'
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
  const { startedAt, memoryBytes, logfile, configuration } = more as Partial<Status>
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
    !answers && lastHeard !== null && note(sayLastWord(lastHeard, now)),
  ]
  return [row, ...notes.filter(one => one !== false)]
}

const note = (text: string): string => plain(text, WIDTH - 2)

function sayLastWord({ at, inHand, more }: LastWord, now: number): string {
  const others = more + Math.max(0, inHand.length - 1)
  const [first] = inHand
  const had = first
    ? `with ${first.topic}/${first.partition}@${range(first.offset, first.lastOffset)} in hand${others > 0 ? ` and ${others} more` : ''}`
    : 'with nothing in hand'
  return `last heard ${ago(at, now)} ago, ${had}`
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

/** Of a worker that does not answer what it had in hand, by its last word. */
function rowsOfPartitions({ name, answers, partitions, lastHeard }: SlotStatus, now: number): Row[] {
  const slot = plain(name, 300)
  if (!answers)
    return (lastHeard?.inHand ?? []).map(one => {
      const known = `had ${range(one.offset, one.lastOffset)} in hand for ${ago(one.since, now)}`
      return [keyOf(one), slot, NONE, NONE, NONE, NONE, known]
    })
  return partitions.flatMap(one => {
    const numbers = [one.position, one.committed, one.lag, one.waiting ?? NONE].map(String)
    const row = [keyOf(one), slot, ...numbers, doing(one, now)]
    return one.paused && (one.why ?? null) !== null ? [row, note(one.why!)] : [row]
  })
}

function doing(
  { paused, pausedUntil, inHandOffset, inHandLastOffset, inHandSince, quiet, why }: PartitionStatus,
  now: number,
) {
  const more = quiet ? ', quiet' : ''
  if (paused)
    return `${pausedUntil === null ? 'paused for good' : `paused for another ${until(pausedUntil, now)}`}${more}`
  if (inHandSince !== null)
    return `${range(inHandOffset, inHandLastOffset)} in hand for ${ago(inHandSince, now)}${more}`
  return why ? plain(why) : quiet ? 'quiet' : 'waits'
}

function sum(slots: readonly SlotStatus[]): string {
  const all = slots.flatMap(({ partitions }) => partitions)
  const lag = all.reduce((total, one) => total + one.lag, 0)
  const busy = all.filter(({ inHandSince }) => inHandSince !== null).length
  const paused = all.filter(one => one.paused).length
  const silent = slots.filter(({ answers }) => !answers).length
  const parts = [
    `${all.length} partition${all.length === 1 ? '' : 's'}`,
    `lag ${lag}`,
    busy > 0 && `${busy} in hand`,
    paused > 0 && `${paused} paused`,
    silent > 0 &&
      `without those of ${silent} worker${silent === 1 ? '' : 's'} that do${silent === 1 ? 'es' : ''} not answer`,
  ]
  return `${parts.filter(Boolean).join(', ')}\n`
}

const range = (first: number | null, last: number | null): string =>
  first === last || last === null ? String(first) : `${first}…${last}`
const ago = (time: string, now: number): string => span(now - Date.parse(time))
const until = (time: string, now: number): string => span(Date.parse(time) - now)
