// Whether supervision is still of any use: the consumers that nothing works for, and for which this process can do no more. What
// has crashed and is to be replaced is not among them, nor whoever waits for brokers or messages.

import type { Slot, State } from './state.ts'

export function helpless({ phase, slots }: State): readonly string[] {
  if (phase.kind !== 'running') return []
  const wanted = slots.filter(({ retired }) => !retired)
  const isLost = (consumer: string) => wanted.every(slot => slot.consumer !== consumer || isBeyondHelp(slot))
  return [...new Set(wanted.map(({ consumer }) => consumer))].filter(isLost)
}

/** In half a sentence; undefined: there are none. */
export const beyondHelp = (consumers: readonly string[]): string | undefined =>
  consumers.length === 0 ? undefined : `nothing can be done any more for ${consumers.join(', ')}`

/** Given up, or about to be killed, or killed: that is over in a moment, or never, where the system cannot end the process. */
const isBeyondHelp = (slot: Slot): boolean =>
  slot.state === 'hung' || slot.state === 'killed' || (slot.state === 'down' && slot.forkAt === null)
