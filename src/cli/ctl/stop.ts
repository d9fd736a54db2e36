// racecarctl stop: asks, and waits until the process is really gone. What ends it by force is asked of it first; a signal goes
// only to a process that is proved to be the one that is meant.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import { listens } from '../../lib/listens.ts'
import { birthOf, isStill } from '../../supervisor/process-start.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { ask } from './talk.ts'
import { seconds } from './words.ts'

export interface StopOptions {
  /** Seconds. */
  readonly timeout?: number | undefined
  readonly force?: boolean | undefined
}

const ANSWER_MS = 2000
/** The default of shutdown_timeout, for one that does not answer. */
const USUAL_MS = 25_000
/** For what a stop does after its deadline: kill, take the dead out of the group, write the last lines. */
const AFTER_MS = 5000
/** Even a kill is seen only when the system has done it. */
const KILL_MS = 10_000
const POLL_MS = 50

export async function stop(target: Target, { timeout, force = false }: StopOptions, ground: Ground): Promise<number> {
  const { clock, out, err } = ground
  const name = nameOf(target)
  const departure = new Departure(target, ground)
  const reply = await ask(target.socket, 'stop', { clock, withinMs: ANSWER_MS })
  if (reply.kind === 'refusal') {
    err.write(`${name} cannot be asked to stop: ${reply.why}\n`)
    if (!force) return EXIT.failure
  }
  const usual = (reply.kind === 'answer' ? reply.data.withinMs : USUAL_MS) + AFTER_MS
  const limit = timeout === undefined ? usual : timeout * 1000
  if (reply.kind === 'silence' && limit > 0) err.write(`${name} does not answer. Waiting for ${seconds(limit)}.\n`)
  if (await departure.within(limit)) {
    out.write(`${name} has stopped.\n`)
    return EXIT.clean
  }
  err.write(`${name} still runs after ${seconds(limit)}.${force ? '' : ' --force would end it at once.'}\n`)
  if (!force) return EXIT.failure
  return end(target, departure, ground)
}

async function end(target: Target, departure: Departure, { clock, out, err, kill }: Ground): Promise<number> {
  const { pid, birth } = target.identity
  const name = nameOf(target)
  const reply = await ask(target.socket, 'kill', { clock, withinMs: ANSWER_MS })
  const isDeaf = reply.kind === 'silence' || reply.kind === 'refusal'
  if (await departure.within(isDeaf ? 0 : KILL_MS)) {
    out.write(`${name} was ended at once; what was in hand will be handled again.\n`)
    return EXIT.clean
  }
  if (birth === null || birthOf(pid) !== birth) {
    err.write(`Whether the process ${pid} is still the same cannot be known here: it gets no signal.\n`)
    return EXIT.failure
  }
  try {
    kill(pid)
  } catch {
    // It has just gone, which is seen below; or it has not, and that is said there.
  }
  if (!(await departure.within(KILL_MS))) {
    err.write(`${name} was sent SIGKILL and is still there.\n`)
    return EXIT.failure
  }
  out.write(`${name} was killed. Its workers, if any, finish what they have in hand and leave by themselves.\n`)
  return EXIT.clean
}

/** Of a process that can be watched from here, it itself; of one in another container, what it listens on. */
class Departure {
  readonly #isGone: () => boolean | Promise<boolean>
  readonly #ground: Ground

  constructor({ identity, socket }: Target, ground: Ground) {
    this.#ground = ground
    this.#isGone = isStill(identity) ? () => !isStill(identity) : async () => !(await listens(socket))
  }

  /** Whether it is gone, at the latest after `ms`. */
  async within(ms: number): Promise<boolean> {
    const { clock } = this.#ground
    const end = clock.now() + ms
    while (!(await this.#isGone())) {
      if (clock.now() >= end) return false
      await sleep(clock, Math.min(POLL_MS, end - clock.now()))
    }
    return true
  }
}
