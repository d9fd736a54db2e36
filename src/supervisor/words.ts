// What a worker says, in the words that decisions are made of. What only others want to know is nothing here.

import type { ErrorData } from '../events/events.ts'
import { withCure } from '../lib/sentence.ts'
import type { ForwardedEvent } from '../messages.ts'
import type { SupervisorEvent } from './moves.ts'
import type { Process } from './processes.ts'
import type { FromWorker } from './worker-handle.ts'

export function wordOf({ slot, run, handle }: Process, message: FromWorker): SupervisorEvent | undefined {
  switch (message.type) {
    case 'up':
      return { type: 'up', slot, run, pid: handle.pid }
    case 'alive':
    case 'survived':
      return { ...message, slot, run }
    case 'refused':
      return { type: 'failed', slot, run, message: withCure(sentence(message.error), message.cure) }
    case 'event':
      return overheard({ slot, run }, message.event)
    // Asked for, or to be thought about first.
    case 'report':
    case 'described':
      return undefined
    default:
      return message satisfies never
  }
}

/** What it publishes for everybody, where it concerns the others or the slot. */
function overheard(of: { slot: number; run: number }, { name, data }: ForwardedEvent): SupervisorEvent | undefined {
  switch (name) {
    case 'group.joining':
      return { type: 'joining', ...of }
    case 'group.joined':
      return { type: 'joined', ...of }
    case 'group.left':
      return { type: 'left', ...of }
    case 'offsets.committed':
      // User code may publish under our names: the channel is open to it.
      return isOffsets(data.offsets) ? { type: 'committed', ...of, offsets: data.offsets } : undefined
    case 'topic.remade':
      return { type: 'remade', ...of, topic: data.topic }
    case 'worker.failed':
      return { type: 'failed', ...of, message: sentence(data.error) }
    default:
      return undefined
  }
}

const isOffsets = (value: unknown): boolean =>
  Array.isArray(value) && value.every(one => typeof one === 'object' && one !== null)

const sentence = ({ name, message }: ErrorData): string => (name === 'RacecarError' ? message : `${name}: ${message}`)
