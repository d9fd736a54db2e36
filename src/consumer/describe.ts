// What a consumer class is, as plain data that crosses processes; or one error that lists all that keeps it from running.
// Looks at the class alone: no instance is made.

import { RacecarError } from '../errors.ts'
import type { Description } from '../messages.ts'
import type { RetryOptions } from './retry.ts'
import { declaredBy, readOptions, readSubscriptions } from './subscription.ts'

/** Throws CONSUMER_INVALID naming all problems. `name` is the one under which it was asked for. */
export function describe(name: string, cls: object): Description {
  const { subscriptions: own, retries, problems } = readSubscriptions(cls)
  const { options, problems: optionProblems } = readOptions(cls)
  const all = [...handlerProblems(cls), ...subscriptionProblems(cls), ...problems, ...optionProblems]
  if (all.length > 0) throw new RacecarError('CONSUMER_INVALID', `${name} cannot run: ${all.join('; ')}.`)
  const subscriptions = own.map(one => {
    const retryTopics = retries.get(one.topic)?.topics
    return retryTopics ? { ...one, retryTopics } : one
  })
  return { consumer: name, subscriptions, options, handler: has(cls, 'process') ? 'process' : 'processBatch' }
}

/** How the values of a topic are read; undefined where the class gave no schema for it. */
export function parserOf(cls: object, topic: string): ((raw: string) => unknown) | undefined {
  return readSubscriptions(cls).topics.find(({ name }) => name === topic)?.parse
}

/** What the class says itself of messages of a topic that fail: what is not here is in the options. */
export function retryOf(cls: object, topic: string): RetryOptions {
  const { fatal } = readOptions(cls)
  return { ...(fatal ? { fatal } : {}), ...readSubscriptions(cls).retries.get(topic) }
}

function* handlerProblems(cls: object): Generator<string> {
  const single = has(cls, 'process')
  const batch = has(cls, 'processBatch')
  if (single && batch) yield 'it has both process and processBatch (keep one)'
  // A field such as `process = async () => {}` is not seen before an instance is made.
  if (!single && !batch)
    yield 'it has neither process(message) nor processBatch(messages), which must be methods, not fields'
}

function* subscriptionProblems(cls: object): Generator<string> {
  if (declaredBy(cls)?.subscribed.length) return
  const parent = subscribedAncestor(cls)
  yield `it subscribes to no topic (call this.subscribesTo('…') in a static block${
    parent === undefined ? '' : `; subscriptions of its parent ${parent} are not inherited`
  })`
}

function subscribedAncestor(cls: object): string | undefined {
  for (let parent = Object.getPrototypeOf(cls); typeof parent === 'function'; parent = Object.getPrototypeOf(parent)) {
    if (declaredBy(parent)?.subscribed.length) return parent.name
  }
  return undefined
}

const has = (cls: object, method: string): boolean =>
  typeof (cls as { prototype?: Record<string, unknown> }).prototype?.[method] === 'function'
