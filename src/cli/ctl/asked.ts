// What several commands say alike when a racecar does not do what it is asked.

import { EXIT } from '../../errors.ts'
import type { AnswerTo } from '../../supervisor/commands.ts'
import { nameOf, type Target } from './find.ts'
import type { Ground } from './ground.ts'
import type { Reply } from './talk.ts'

export type Refusal = Exclude<Reply<never>, { kind: 'answer' }> | { readonly kind: 'stopping' | 'no workers' }

export function fail(target: Target, refusal: Refusal, { err }: Ground): number {
  const why = {
    stopping: 'is stopping',
    'no workers': 'has no workers, it consumes by itself (workers is 0)',
    refusal: 'refuses',
    silence: 'does not answer',
    'hung up': 'is gone',
    nobody: 'is gone',
  }[refusal.kind]
  err.write(`${nameOf(target)} ${why}${'why' in refusal ? `: ${refusal.why}` : ''}.\n`)
  return EXIT.failure
}

/** Of one that is to do something with its workers: why it will not. */
export function hindrance({ identity: { pid } }: Target, { state, slots }: AnswerTo<'status'>): Refusal | undefined {
  if (state === 'stopping') return { kind: 'stopping' }
  return slots.some(slot => slot.pid === pid) ? { kind: 'no workers' } : undefined
}
