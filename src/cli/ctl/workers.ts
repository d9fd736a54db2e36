// racecarctl workers: another number of workers, of each consumer or of those that are named, and the wait until it is so.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import type { SlotStatus } from '../../supervisor/status.ts'
import { fail, hindrance } from './asked.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'
import { plain, seconds } from './words.ts'

export interface WorkersOptions {
  readonly only?: readonly string[] | undefined
  /** Seconds. */
  readonly timeout?: number | undefined
}

const ANSWER_MS = 4000
const POLL_MS = 100
/** Longer than a stop and a start of an ordinary worker. */
const USUAL_MS = 60_000

export async function workers(
  target: Target,
  { count, only = [], timeout }: WorkersOptions & { readonly count: number },
  ground: Ground,
): Promise<number> {
  const { clock, out, err } = ground
  const before = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
  if (before.kind !== 'answer') return fail(target, before, ground)
  const why = hindrance(target, before.data)
  if (why) return fail(target, why, ground)
  const question = { workers: count, consumers: only }
  const reply = await ask(target.socket, 'workers', { clock, withinMs: ANSWER_MS, question })
  if (reply.kind !== 'answer') return fail(target, reply, ground)
  const limit = timeout === undefined ? USUAL_MS : timeout * 1000
  const end = clock.now() + limit
  const consumers = only.length > 0 ? only : target.identity.consumer.split(', ')
  for (;;) {
    const standing = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
    if (standing.kind !== 'answer') return fail(target, standing, ground)
    if (standing.data.state === 'stopping') return fail(target, { kind: 'stopping' }, ground)
    const missing = consumers.flatMap(consumer => missingOf(consumer, count, standing.data.slots))
    if (missing.length === 0) {
      out.write(`${nameOf(target)} has ${count} ${count === 1 ? 'worker' : 'workers'}${of(only)}.\n`)
      return EXIT.clean
    }
    if (clock.now() >= end) {
      err.write(`${nameOf(target)} is not there after ${seconds(limit)}: ${plain(missing.join(', '), 300)}.\n`)
      return EXIT.failure
    }
    await sleep(clock, POLL_MS)
  }
}

/** What is in the way of this number of workers. */
function missingOf(consumer: string, count: number, slots: readonly SlotStatus[]): string[] {
  const own = slots.filter(({ name }) => name.slice(0, name.lastIndexOf('/')) === consumer)
  const unsettled = own.filter(({ state }) => state !== 'up').map(({ name, state }) => `${name} is ${state}`)
  return unsettled.length > 0 || own.length === count ? unsettled : [`${consumer} has ${own.length}`]
}

const of = (only: readonly string[]): string => (only.length === 0 ? '' : ` of ${plain(only.join(' and of '), 300)}`)
