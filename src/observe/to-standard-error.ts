// Where there is no log: what somebody should hear of, in a line each, and nothing that is only news.

import type { Bus } from '../events/bus.ts'
import type { EventName, Events } from '../events/events.ts'
import { messageOf } from './line.ts'
import { levelOf } from './sentences.ts'

export function toStandardError(bus: Bus): Bus {
  bus.onAny(<N extends EventName>(name: N, data: Events[N]) => {
    const level = levelOf(name, data)
    if (level === 'warn' || level === 'error') console.error(`racecar: ${messageOf(name, data)}`)
  })
  return bus
}
