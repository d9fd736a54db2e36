// The part of the decisions that looks after messages which end their workers: what a dead one had in hand is told to the others
// of its consumer, so that these handle it with care; what is found guilty is announced, and dealt with as on_poison says. The
// primary holds it all, so that it goes with a partition wherever that goes.

import { deadLetterTopicOf } from '../config/dead-letter-topic.ts'
import type { PartitionAt } from '../events/events.ts'
import type { Convicted, Suspicion } from '../messages.ts'
import type { SupervisorEvent } from './moves.ts'
import { hears, type Live, type Slot, type State, tracesOf } from './state.ts'
import { accused, type Convict, cleared, type Docket, EMPTY, overlap, passed, type Suspect } from './suspects.ts'
import type { Turn } from './turn.ts'

/** A partition that stands still is told of again and again, so that nobody forgets it. */
const REMIND_MS = 300_000

const docketOf = ({ dockets }: State, consumer: string): Docket => dockets[consumer] ?? EMPTY

const placeOf = ({ topic, partition, offset }: PartitionAt): PartitionAt => ({ topic, partition, offset })

const lastOf = ({ deaths }: Convict): string => deaths.at(-1)!.why

/** What was put aside once is not put aside again: where there is no topic for it, its partition stops. */
function followsOf({ onPoison, deadLetterTopic }: State['policy'], { topic }: PartitionAt): Convicted['follows'] {
  return onPoison === 'dead-letter' && !deadLetterTopicOf(topic, deadLetterTopic) ? 'stop' : onPoison
}

/** What is told to the worker in this slot. */
function suspicionOf({ state, now }: Turn, { consumer, crashes }: Slot): Suspicion {
  const { maxCrashesPerMessage: most, crashWindowMs } = state.policy
  const { suspects, convicts } = docketOf(state, consumer)
  return {
    suspects: suspects.map(({ lastOffset, deaths, ...at }) => {
      return { ...placeOf(at), lastOffset, alone: deaths.length >= most - 1 }
    }),
    convicted: convicts.map(convict => {
      const follows = followsOf(state.policy, convict)
      return { ...placeOf(convict), crashes: convict.deaths.length, why: lastOf(convict), follows }
    }),
    isAfterCrash: crashes.times.some(time => now - time < crashWindowMs),
  }
}

const isUnsuspicious = ({ suspects, convicted, isAfterCrash }: Suspicion): boolean =>
  suspects.length === 0 && convicted.length === 0 && !isAfterCrash

/** To one that may join now: until then it has heard nothing. */
export function tellSuspicion(turn: Turn, slot: Slot, run: number): void {
  const suspicion = suspicionOf(turn, slot)
  if (!isUnsuspicious(suspicion)) turn.act({ do: 'suspicion', slot: slot.number, run, suspicion })
}

/** Its process has crashed. Answers whether it is known now what of. */
export function accuse(turn: Turn, slot: Live, why: string): boolean {
  const { heard } = tracesOf(slot)
  if (!heard || heard.inHand.length === 0) return false
  const { policy } = turn.state
  const fatality = { run: slot.run, why, slot: slot.number, inHand: heard.inHand, more: heard.more }
  const { docket, guilty } = accused(docketOf(turn.state, slot.consumer), fatality, policy.maxCrashesPerMessage)
  if (guilty) convict(turn, slot.consumer, docket, { ...guilty, since: turn.now, remindAt: turn.now + REMIND_MS })
  else put(turn, slot.consumer, docket)
  tell(turn, slot.consumer, slot.number)
  return guilty !== undefined
}

function convict(turn: Turn, consumer: string, { suspects, convicts }: Docket, guilty: Convict): void {
  const { deaths, since, remindAt } = guilty
  put(turn, consumer, { suspects, convicts: [...convicts, { ...placeOf(guilty), deaths, since, remindAt }] })
  const follows = followsOf(turn.state.policy, guilty)
  const data = { consumer, ...placeOf(guilty), crashes: deaths.length, whys: deaths.map(({ why }) => why), follows }
  turn.act({ do: 'announce', event: { name: 'message.convicted', data } })
}

type Ended = Extract<SupervisorEvent, { type: 'survived' }>

export function survived(turn: Turn, { consumer }: Live, ended: Ended): void {
  change(turn, consumer, docket => cleared(docket, ended))
}

export function committed(turn: Turn, { consumer }: Live, { offsets }: { offsets: readonly PartitionAt[] }): void {
  change(turn, consumer, docket => passed(docket, offsets))
}

/** Its offsets are others by now. */
export function remade(turn: Turn, { consumer }: Live, { topic }: { topic: string }): void {
  const isOther = (one: PartitionAt) => one.topic !== topic
  change(turn, consumer, ({ suspects, convicts }) => {
    return { suspects: suspects.filter(isOther), convicts: convicts.filter(isOther) }
  })
}

type Wish = Pick<Extract<SupervisorEvent, { type: 'quiet' }>, 'by' | 'consumers' | 'partitions'>

/** Somebody wants these to go on: what they stand before is tried again, as if for the first time. */
export function pardon(turn: Turn, { by, consumers, partitions }: Wish): void {
  if (turn.state.phase.kind !== 'running') return
  const isMeant = ({ topic, partition }: Convict) =>
    partitions.length === 0 || partitions.includes(`${topic}/${partition}`)
  for (const consumer of consumers) {
    const pardoned = docketOf(turn.state, consumer).convicts.filter(isMeant)
    for (const one of pardoned) {
      turn.act({ do: 'announce', event: { name: 'message.pardoned', data: { consumer, ...placeOf(one), by } } })
    }
    change(turn, consumer, ({ suspects, convicts }) => {
      return { suspects, convicts: convicts.filter(one => !isMeant(one)) }
    })
  }
}

/**
 * Who lives for long enough has nobody on its conscience but what is in hand all the while, as by a handler that never ends. In silence
 * it may be dead already.
 */
function isOver(suspect: Suspect, { slots, policy }: State): boolean {
  const slot = slots[suspect.slot]
  if (slot?.state !== 'up' || slot.heard.at - slot.since < policy.crashWindowMs) return false
  return slot.heard.more === 0 && !slot.heard.inHand.some(one => overlap(one, suspect))
}

export function attendPoison(turn: Turn): void {
  const { dockets, policy } = turn.state
  for (const [consumer, { suspects, convicts }] of Object.entries(dockets)) {
    const left = suspects.filter(one => !isOver(one, turn.state))
    if (left.length < suspects.length) change(turn, consumer, docket => ({ ...docket, suspects: left }))
    if (convicts.some(one => remindAt(one, policy) <= turn.now)) remind(turn, consumer)
  }
}

/** When time alone changes something. */
export const poisonAt = ({ dockets, policy }: State): number =>
  Math.min(...Object.values(dockets).flatMap(({ convicts }) => convicts.map(one => remindAt(one, policy))))

/** Of what is skipped or sent on the worker speaks. */
const remindAt = (convict: Convict, policy: State['policy']): number =>
  followsOf(policy, convict) === 'stop' ? convict.remindAt : Number.POSITIVE_INFINITY

function remind(turn: Turn, consumer: string): void {
  const docket = docketOf(turn.state, consumer)
  const convicts = docket.convicts.map(one => {
    if (one.remindAt > turn.now) return one
    const data = { crashes: one.deaths.length, why: lastOf(one), forMs: turn.now - one.since }
    const event = { name: 'partition.stopped', data: { consumer, ...placeOf(one), ...data } } as const
    turn.act({ do: 'announce', event })
    return { ...one, remindAt: turn.now + REMIND_MS }
  })
  put(turn, consumer, { ...docket, convicts })
}

function put(turn: Turn, consumer: string, docket: Docket): void {
  turn.change({ dockets: { ...turn.state.dockets, [consumer]: docket } })
}

/** Workers are told where somebody is suspect, or guilty, no more; that a stretch has become shorter they know. */
function change(turn: Turn, consumer: string, how: (docket: Docket) => Docket): void {
  const before = docketOf(turn.state, consumer)
  if (before.suspects.length === 0 && before.convicts.length === 0) return
  const after = how(before)
  put(turn, consumer, after)
  const isNews = after.suspects.length < before.suspects.length || after.convicts.length < before.convicts.length
  if (isNews) tell(turn, consumer)
}

function tell(turn: Turn, consumer: string, but?: number): void {
  for (const slot of turn.state.slots) {
    if (slot.consumer !== consumer || slot.number === but || !hears(slot)) continue
    turn.act({ do: 'suspicion', slot: slot.number, run: slot.run, suspicion: suspicionOf(turn, slot) })
  }
}
