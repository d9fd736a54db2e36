// The topics in which messages that have failed wait for their next attempt: one for each topic, delay and group, since no group may
// retry what failed in another one. Primary, workers and the test kit must agree about them.

import type { Config } from '../config/options.ts'
import { RacecarError } from '../errors.ts'
import type { DescribedSubscription, Description } from '../messages.ts'
import { isTopicName } from './retry.ts'

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

/** By topic, the first one of each; those of no topic have none. */
export function firstRetryTopics(
  { subscriptions }: Pick<Description, 'subscriptions'>,
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

/** Throws CONFIG. `subscribed`: what the class subscribes to itself. */
export function checkRetryTopics(all: Iterable<RetryTopic>, subscribed: readonly DescribedSubscription[]): void {
  for (const { name } of all) {
    if (subscribed.some(({ topic }) => topic === name))
      throw new RacecarError('CONFIG', `${name} belongs to retry_topics: no class subscribes to it itself.`)
    if (!isTopicName(name))
      throw new RacecarError(
        'CONFIG',
        `retry_topics needs the topic ${name}, a name that Kafka does not take: change group_id.`,
      )
  }
}
