// Messages that are given up: nobody handles them, and what is in the topic for dead letters.

import type { Acknowledged } from './ledger.ts'
import { messagesOf } from './messages.ts'
import type { Scenario } from './scenario.ts'

/** Nobody handles these, and that is right. */
export function letGo({ acknowledged }: Scenario, messages: readonly Acknowledged[]): void {
  for (const message of messages) acknowledged.splice(acknowledged.indexOf(message), 1)
}

/** All that is in a topic. */
export const lettersIn = ({ topics }: Scenario, topic: string) => messagesOf(topics, topic)
