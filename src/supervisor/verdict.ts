// What the end of a process means: its exit code and signal, against what it had been asked. Pure, and knows nothing of what
// is done about it.

import { EXIT } from '../errors.ts'
import type { Exit } from './moves.ts'
import { isAlone } from './parting.ts'
import type { Killed, Live, Parting, State } from './state.ts'

export type Verdict =
  /** To be replaced. `counts` false: not towards the crash limit. */
  | { readonly kind: 'crashed'; readonly counts: boolean; readonly why: string }
  /** Another process has its instance id: to be replaced under a new one. */
  | { readonly kind: 'fenced'; readonly why: string }
  /** As it was asked to, alone, which is no crash. */
  | { readonly kind: 'parted'; readonly why: string }
  /** A replacement would fare no better: all stop, and the code is the end's. */
  | { readonly kind: 'refused'; readonly code: number; readonly why: string }
  /** During a stop. `code` is what the end is called because of it, 0 if it was clean. */
  | { readonly kind: 'stopped'; readonly code: number; readonly why: string }

const REFUSALS: readonly number[] = [EXIT.usage, EXIT.unavailable, EXIT.notAllowed, EXIT.config]

export function judge(slot: Live, exit: Exit, state: State): Verdict {
  const why = slot.failure === undefined ? endedBy(exit) : `failed: ${slot.failure}`
  if (state.phase.kind !== 'running') return { kind: 'stopped', ...ofStop(slot, exit, why) }
  const parting = partingOf(slot, exit)
  if (parting) return { kind: 'parted', why: `was ${parting}` }
  if (slot.state === 'killed') return { kind: 'crashed', counts: true, why: killedSentence(slot, state) }
  if (exit.code === EXIT.fenced) return { kind: 'fenced', why }
  if (isPassing(slot, exit, state)) return { kind: 'crashed', counts: false, why }
  if (exit.code !== null && REFUSALS.includes(exit.code)) return { kind: 'refused', code: exit.code, why }
  return { kind: 'crashed', counts: true, why }
}

/** Also where it had to give up what it had in hand: that is handled again. */
function partingOf(slot: Live, { code, signal }: Exit): Parting | undefined {
  if (slot.state === 'killed') return slot.why === 'alone' ? slot.as : undefined
  const isOrderly = signal === null && (code === EXIT.clean || code === EXIT.forced)
  return isOrderly && isAlone(slot) ? slot.alone.as : undefined
}

/** What was allowed once may be allowed again: a password that is being changed must not end everything, nor must an outage. */
function isPassing({ consumer }: Live, { code }: Exit, { everJoined }: State): boolean {
  return code === EXIT.notAllowed ? everJoined.length > 0 : code === EXIT.unavailable && everJoined.includes(consumer)
}

function ofStop(slot: Live, { code, signal }: Exit, why: string): { code: number; why: string } {
  if (slot.state === 'killed') {
    if (slot.why === 'boot' || slot.why === 'unfit') return { code: EXIT.clean, why: 'was killed while it started' }
    if (slot.why === 'alone') return { code: EXIT.clean, why: 'was killed for not stopping in time' }
    if (slot.why === 'hang') return { code: EXIT.clean, why: 'was killed for its silence' }
    return { code: EXIT.forced, why: 'was killed before it had stopped' }
  }
  if (signal === null && code === EXIT.clean) return { code: EXIT.clean, why: 'stopped' }
  if (code === EXIT.forced) return { code, why: 'gave up something that it had in hand' }
  return { code: code !== null && REFUSALS.includes(code) ? code : EXIT.failure, why }
}

function killedSentence({ failure, why }: Killed, { policy }: State): string {
  if (why === 'unfit') return `was killed: it ${failure}`
  const limit =
    why === 'hang'
      ? `did not answer within hang_timeout (${policy.hangTimeoutMs / 1000} s) and was killed`
      : `was not up within boot_timeout (${policy.bootTimeoutMs / 1000} s) and was killed`
  return failure === undefined ? limit : `${limit}; it said: ${failure}`
}

/** As a shell passes on that a signal ended what it ran. */
const BY_SIGNAL: Readonly<Record<number, string>> = { 134: 'SIGABRT', 137: 'SIGKILL' }

/** What ends processes most often in that way. */
const GUESSES: Readonly<Record<string, string>> = {
  SIGABRT: ': its heap was full, or something called abort()',
  SIGKILL: ' from outside, perhaps for want of memory',
}

/** One clause. */
export function endedBy({ code, signal }: Exit): string {
  const by = signal ?? BY_SIGNAL[code ?? 0]
  if (by !== undefined) return `was ended by ${by}${GUESSES[by] ?? ''}`
  return code === EXIT.clean ? 'exited although nobody had asked it to' : `exited with code ${code}`
}
