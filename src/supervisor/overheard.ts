// What a worker publishes for everybody and what of it the supervisor has to decide on. Pure.

import type { ErrorData } from '../events/events.ts'
import type { ForwardedEvent } from '../messages.ts'

/** Nothing of most. */
export function overheard({ name, data }: ForwardedEvent) {
  switch (name) {
    case 'group.joining':
      return { type: 'joining' } as const
    case 'group.joined':
      return { type: 'joined' } as const
    case 'group.left':
      return { type: 'left' } as const
    case 'offsets.committed':
      // User code may publish under our names: the channel is open to it.
      return Array.isArray(data.offsets) ? ({ type: 'committed', offsets: data.offsets } as const) : undefined
    case 'topic.remade':
      return { type: 'remade', topic: data.topic } as const
    case 'worker.failed':
      return { type: 'failed', message: sentence(data.error) } as const
    default:
      return undefined
  }
}

export const sentence = ({ name, message }: ErrorData): string =>
  name === 'RacecarError' ? message : `${name}: ${message}`
