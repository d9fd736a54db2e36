// racecarctl status: how a racecar stands, for a person or as JSON, once or every second.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import type { AnswerTo } from '../../supervisor/commands.ts'
import type { ConsumerQuiet, PartitionStatus, SlotStatus } from '../../supervisor/status.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'
import { plain, span, table } from './words.ts'

export interface StatusOptions {
  readonly json?: boolean | undefined
  readonly watch?: boolean | undefined
}

/** Workers have a second to say what they are doing. */
const ANSWER_MS = 4000
const EVERY_MS = 1000
const CLEAR = '\x1b[2J\x1b[H'

export async function status(
  target: Target,
  { json = false, watch = false }: StatusOptions,
  ground: Ground,
): Promise<number> {
  const { clock, out, err } = ground
  const name = nameOf(target)
  for (let isFirst = true; ; isFirst = false) {
    const reply = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
    if (reply.kind !== 'answer') {
      const why = { refusal: 'cannot say', silence: 'does not answer', 'hung up': 'is gone', nobody: 'is gone' }[
        reply.kind
      ]
      err.write(`${name} ${why}${'why' in reply ? `: ${reply.why}` : '.'}\n`)
      return EXIT.failure
    }
    if (json) out.write(`${JSON.stringify(reply.data, null, watch ? undefined : 2)}\n`)
    else out.write(`${separator(watch, isFirst, out.isTTY)}${asText(reply.data, clock.epoch())}`)
    if (!watch) return EXIT.clean
    await sleep(clock, EVERY_MS)
  }
}

function separator(watch: boolean, isFirst: boolean, isTTY = false): string {
  if (watch && isTTY) return CLEAR
  return isFirst ? '' : '\n'
}

export function asText(data: AnswerTo<'status'>, now: number): string {
  // One that is older than this says nothing of it.
  const { consumer, pid, version, group, pidfile, state, slots, quiet = [] } = data
  const facts = [`pid ${pid}`, group && `group ${group}`, `racecar ${version}`, pidfile && `pidfile ${pidfile}`]
  const partitions = slots.flatMap(slot => slot.partitions.map(partition => rowOfPartition(slot, partition, now)))
  return [
    `${plain(consumer)} is ${state}: ${plain(facts.filter(Boolean).join(', '), 300)}\n`,
    state !== 'quiet' && quiet.length > 0 && `Quiet: ${plain(quiet.map(sayQuiet).join('; '), 300)}\n`,
    slots.length > 0 &&
      table(
        SLOTS,
        slots.map(slot => rowOfSlot(slot, now)),
      ),
    partitions.length > 0 && table(PARTITIONS, partitions),
  ]
    .filter(part => part !== false)
    .join('\n')
}

function sayQuiet({ consumer, all, except }: ConsumerQuiet): string {
  if (!all) return `${except.join(', ')} of ${consumer}`
  return except.length === 0 ? `all of ${consumer}` : `all of ${consumer} but ${except.join(', ')}`
}

const SLOTS = [
  { title: 'SLOT' },
  { title: 'PID', align: 'right' },
  { title: 'STATE' },
  { title: 'FOR' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'LAST REASON' },
] as const

const NONE = '–'

function rowOfSlot(
  { name, pid, state, since, nextAt, restarts, lastReason, answers }: SlotStatus,
  now: number,
): string[] {
  const more = answers ? (nextAt === null ? '' : `, again in ${span(Date.parse(nextAt) - now)}`) : ', does not answer'
  return [
    plain(name),
    String(pid ?? NONE),
    `${state}${more}`,
    span(now - Date.parse(since)),
    String(restarts),
    lastReason === null ? NONE : plain(lastReason),
  ]
}

const PARTITIONS = [
  { title: 'PARTITION' },
  { title: 'SLOT' },
  { title: 'POSITION', align: 'right' },
  { title: 'COMMITTED', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'NOW' },
] as const

function rowOfPartition({ name }: SlotStatus, partition: PartitionStatus, now: number): string[] {
  const { topic, position, committed, lag } = partition
  const numbers = [position, committed, lag].map(String)
  return [`${plain(topic, 250)}/${partition.partition}`, plain(name), ...numbers, doing(partition, now)]
}

function doing({ paused, pausedUntil, inHandSince, quiet, why = null }: PartitionStatus, now: number): string {
  const more = quiet ? ', quiet' : ''
  if (paused && why !== null) return `paused, ${plain(why, 300)}${more}`
  if (paused)
    return `${pausedUntil === null ? 'paused for good' : `paused for another ${span(Date.parse(pausedUntil) - now)}`}${more}`
  if (inHandSince !== null) return `in hand for ${span(now - Date.parse(inHandSince))}${more}`
  return quiet ? 'quiet' : 'waits'
}
