// racecarctl status: how a racecar stands, for a person or as JSON, once or again and again.

import { EXIT } from '../../errors.ts'
import { sleep } from '../../lib/clock.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import { Screen } from './screen.ts'
import { statusText } from './status-text.ts'
import { ask } from './talk.ts'

export interface StatusOptions {
  readonly json?: boolean | undefined
  /** Seconds; true: every second. */
  readonly watch?: number | boolean | undefined
}

const ANSWER_MS = 4000

export async function status(target: Target, options: StatusOptions, ground: Ground): Promise<number> {
  if (!options.watch) return look(target, options, ground, new Screen(ground.out))
  const interrupted = ground.interrupted()
  const stopped = new Promise<'stopped'>(resolve => {
    if (interrupted.aborted) resolve('stopped')
    interrupted.addEventListener('abort', () => resolve('stopped'))
  })
  const everyMs = (options.watch === true ? 1 : options.watch) * 1000
  const screen = new Screen(ground.out)
  while (!interrupted.aborted) {
    const code = await Promise.race([look(target, options, ground, screen), stopped])
    if (code === 'stopped') break
    if (code !== EXIT.clean) return code
    await sleep(ground.clock, everyMs, interrupted)
  }
  return EXIT.clean
}

async function look(
  target: Target,
  { json = false, watch = false }: StatusOptions,
  { clock, out, err }: Ground,
  screen: Screen,
): Promise<number> {
  const reply = await ask(target.socket, 'status', { clock, withinMs: ANSWER_MS })
  if (reply.kind !== 'answer') {
    const why = { refusal: 'cannot say', silence: 'does not answer', 'hung up': 'is gone', nobody: 'is gone' }[
      reply.kind
    ]
    err.write(`${nameOf(target)} ${why}${'why' in reply ? `: ${reply.why}` : '.'}\n`)
    return EXIT.failure
  }
  if (json) out.write(`${JSON.stringify(reply.data, null, watch ? undefined : 2)}\n`)
  else screen.show(statusText(reply.data, clock.epoch()))
  return EXIT.clean
}
