// racecarctl restart: asks for new processes in all slots, and tells how it goes until it is over. What hinders it leaves workers as
// they are.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import type { RestartStatus } from '../../supervisor/status.ts'
import { fail, hindrance } from './asked.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'
import { plain, seconds } from './words.ts'

export interface RestartOptions {
  /** Seconds. */
  readonly timeout?: number | undefined
}

const ANSWER_MS = 4000
const POLL_MS = 100

export async function restart(target: Target, { timeout }: RestartOptions, ground: Ground): Promise<number> {
  const { clock, out, err } = ground
  const name = nameOf(target)
  const before = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
  if (before.kind !== 'answer') return fail(target, before, ground)
  const why = hindrance(target, before.data)
  if (why) return fail(target, why, ground)
  const reply = await ask(target.socket, 'restart', { clock, withinMs: ANSWER_MS })
  if (reply.kind !== 'answer') return fail(target, reply, ground)
  const began = clock.now()
  const last = before.data.restart?.id ?? 0
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : began + timeout * 1000
  for (let told = 0; ; ) {
    const standing = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
    if (standing.kind !== 'answer') return fail(target, standing, ground)
    const { restart: now, slots } = standing.data
    // What was asked for is first read, and compiled where it is TypeScript.
    const own = now && now.id > last ? now : undefined
    if (own && own.replaced !== told) {
      told = own.replaced
      out.write(`${name}: ${told} of ${slots.length} replaced.\n`)
    }
    if (own && own.state !== 'running') return over(name, own, ground)
    if (clock.now() >= end) {
      err.write(`${name} is still at its restart after ${seconds(clock.now() - began)}; it goes on.\n`)
      return EXIT.failure
    }
    await sleep(clock, POLL_MS)
  }
}

function over(name: string, { state, replaced, failure, since, endedAt }: RestartStatus, { out, err }: Ground): number {
  if (state === 'failed') {
    err.write(`${name} was not restarted: ${plain(failure ?? 'it does not say why', 2000)}\n${rest(replaced)}\n`)
    return EXIT.failure
  }
  out.write(`${name} was restarted in ${seconds(Date.parse(endedAt ?? since) - Date.parse(since))}.\n`)
  return EXIT.clean
}

const rest = (replaced: number): string =>
  replaced === 0 ? 'All workers go on as before.' : `${replaced} replaced by then; the others go on as before.`
