// The topics in which messages that have failed wait for their next attempt: one for each topic, delay and group, since no group may
// retry what failed in another one. Primary, workers and the test kit must agree about them.

import type { Config } from './options.ts'

export interface RetryTopic {
  readonly name: string
  /** Where its messages failed first. */
  readonly of: string
  /** Milliseconds that each of its messages waits. */
  readonly delay: number
  /** How many there are before it. */
  readonly stage: number
  /** Where what fails in it goes; undefined: it is given up. */
  readonly next: RetryTopic | undefined
}

export interface Subscribed {
  readonly subscriptions: readonly {
    readonly topic: string
    /** Seconds, where the class says so for this topic. */
    readonly retryTopics?: readonly number[]
  }[]
}

/** By topic, the first one of each that has any. */
export function firstRetryTopics(
  { subscriptions }: Subscribed,
  config: Pick<Config, 'retryTopics'>,
  groupId: string,
): ReadonlyMap<string, RetryTopic> {
  const firsts = new Map<string, RetryTopic>()
  for (const { topic, retryTopics = config.retryTopics } of subscriptions) {
    const first = retryTopics.reduceRight<RetryTopic | undefined>((next, seconds, stage) => {
      // The group comes last: with dots in both, `<topic>.<group>` could be another topic and another group.
      const name = `${topic}.retry-${seconds}s.${groupId}`
      return { name, of: topic, delay: seconds * 1000, stage, next }
    }, undefined)
    if (first) firsts.set(topic, first)
  }
  return firsts
}

/** From the first to the last. */
export function* chain(first: RetryTopic | undefined): Generator<RetryTopic> {
  for (let one = first; one; one = one.next) yield one
}

export const retryTopicsOf = (...of: Parameters<typeof firstRetryTopics>): readonly RetryTopic[] =>
  [...firstRetryTopics(...of).values()].flatMap(first => [...chain(first)])
