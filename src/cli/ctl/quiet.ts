// racecarctl quiet and continue: no further message is started, of everything or of what is named, and back again. Quiet waits
// until what was in hand of it is finished and committed.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import type { AnswerTo } from '../../supervisor/commands.ts'
import type { PartitionStatus } from '../../supervisor/status.ts'
import { fail } from './asked.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'
import { plain, seconds } from './words.ts'

export interface WhichOptions {
  /** Consumers. */
  readonly only?: readonly string[] | undefined
  /** `topic/partition` */
  readonly partition?: readonly string[] | undefined
}

export interface QuietOptions extends WhichOptions {
  /** Seconds. */
  readonly timeout?: number | undefined
}

type Status = AnswerTo<'status'>

/** Workers have a second to say what they are doing. */
const ANSWER_MS = 4000
const POLL_MS = 100

export async function quiet(target: Target, options: QuietOptions, ground: Ground): Promise<number> {
  const { clock, out, err } = ground
  const reply = await ask(target.socket, 'quiet', { clock, withinMs: ANSWER_MS, question: whichOf(options) })
  if (reply.kind !== 'answer') return fail(target, reply, ground)
  const limit = options.timeout === undefined ? reply.data.withinMs : options.timeout * 1000
  const end = clock.now() + limit
  for (;;) {
    const standing = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
    if (standing.kind !== 'answer') return fail(target, standing, ground)
    if (standing.data.state === 'stopping') return fail(target, { kind: 'stopping' }, ground)
    const busy = busyOf(standing.data)
    if (busy.length === 0) {
      for (const one of strangers(options, standing.data))
        err.write(`Nobody here has ${one}; who gets it keeps quiet.\n`)
      out.write(`${nameOf(target)} is quiet${ofWhich(options)}, with nothing in hand.\n`)
      return EXIT.clean
    }
    if (clock.now() >= end) {
      err.write(
        `${nameOf(target)} is quiet, but after ${seconds(limit)} not at rest: ${plain(busy.join(', '), 300)}.\n`,
      )
      return EXIT.failure
    }
    await sleep(clock, Math.min(POLL_MS, end - clock.now()))
  }
}

export async function goOn(target: Target, options: WhichOptions, ground: Ground): Promise<number> {
  const { clock, out } = ground
  const reply = await ask(target.socket, 'continue', { clock, withinMs: ANSWER_MS, question: whichOf(options) })
  if (reply.kind !== 'answer') return fail(target, reply, ground)
  const standing = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
  if (standing.kind === 'answer' && standing.data.state === 'stopping')
    return fail(target, { kind: 'stopping' }, ground)
  out.write(`${nameOf(target)} goes on${ofWhich(options)}.\n`)
  return EXIT.clean
}

const whichOf = ({ only = [], partition = [] }: WhichOptions) => ({ consumers: only, partitions: partition })

function ofWhich({ only = [], partition = [] }: WhichOptions): string {
  const named = [partition.join(', '), only.join(', ')].filter(Boolean).join(' of ')
  return named === '' ? '' : ` (${plain(named, 300)})`
}

const keyOf = ({ topic, partition }: PartitionStatus): string => `${topic}/${partition}`

/** What is to be quiet and is not at rest, or whose worker had not heard of it when it last spoke; and who does not say. */
function busyOf({ slots, quiet: all }: Status): string[] {
  return slots.flatMap(({ name, answers, partitions }) => {
    const own = all.find(({ consumer }) => name.startsWith(`${consumer}/`))
    if (!own) return []
    if (!answers) return [`${name} does not answer`]
    const isMeant = (partition: PartitionStatus) => own.all !== own.except.includes(keyOf(partition))
    const isBusy = ({ quiet, inHandSince, committed, position }: PartitionStatus) =>
      !quiet || inHandSince !== null || committed < position
    return partitions.filter(partition => isMeant(partition) && isBusy(partition)).map(keyOf)
  })
}

function strangers({ partition = [] }: WhichOptions, { slots }: Status): string[] {
  const here = new Set(slots.flatMap(({ partitions }) => partitions.map(keyOf)))
  return partition.filter(one => !here.has(one))
}
