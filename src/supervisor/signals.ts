// The signals that the primary knows, as one table: what each asks for. A handler only passes the request on; nothing happens
// inside it. Listening begins in bin/racecar.js, long before there is anybody to ask: what came earlier is kept and told then.

import type { Scale } from './moves.ts'
import { EVERYTHING, type Which } from './quiet.ts'

export type Request =
  /** Graceful, within shutdown_timeout. */
  | { readonly kind: 'stop'; readonly reason: string }
  /** Graceful the first time, at once the second. */
  | { readonly kind: 'interrupt' }
  /** At once. No signal asks for it: racecarctl does. */
  | { readonly kind: 'kill'; readonly by: string }
  /** Of these no further message is started, or they go on. */
  | { readonly kind: 'quiet' | 'continue'; readonly by: string; readonly which: Which }
  /** New processes for all slots, one after another. */
  | { readonly kind: 'restart'; readonly by: string }
  /** More workers of these consumers, or fewer. None named: of all of them. */
  | { readonly kind: 'scale'; readonly by: string; readonly to: Scale; readonly consumers: readonly string[] }
  /** The options in force, on standard error. */
  | { readonly kind: 'show options' }
  | { readonly kind: 'nothing' }

/** `hang up`: the terminal is gone, or the log file was moved away. */
export type SignalRequest = Request | { readonly kind: 'hang up' }

const table: Readonly<Record<string, SignalRequest>> = {
  SIGTERM: { kind: 'stop', reason: 'SIGTERM' },
  SIGQUIT: { kind: 'stop', reason: 'SIGQUIT' },
  SIGHUP: { kind: 'hang up' },
  SIGINT: { kind: 'interrupt' },
  SIGUSR1: { kind: 'show options' },
  SIGUSR2: { kind: 'restart', by: 'SIGUSR2' },
  SIGTTIN: { kind: 'scale', by: 'SIGTTIN', to: { more: 1 }, consumers: [] },
  SIGTTOU: { kind: 'scale', by: 'SIGTTOU', to: { more: -1 }, consumers: [] },
  SIGTSTP: { kind: 'quiet', by: 'SIGTSTP', which: EVERYTHING },
  SIGCONT: { kind: 'continue', by: 'SIGCONT', which: EVERYTHING },
}

export function requestFor(signal: string): SignalRequest {
  return (Object.hasOwn(table, signal) && table[signal]) || { kind: 'nothing' }
}

/** What bin/racecar.js hands over: signals that came so far, and where the later ones go. */
export interface Heard {
  readonly signals: string[]
  tell(signal: string): void
}

/** Takes over from bin/racecar.js: what has come so far is answered now, in order. */
export function answerSignals(heard: Heard, answer: (request: SignalRequest) => void): void {
  heard.tell = signal => answer(requestFor(signal))
  for (const signal of heard.signals.splice(0)) heard.tell(signal)
}
