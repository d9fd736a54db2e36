// A topic with a type: what topic() makes, what subscribesTo() takes, what MessageOf reads. Knows nothing of Kafka.

import type { Message } from './message.ts'
import { SchemaMismatch, type StandardSchema } from './schema.ts'

export interface Topic<V = unknown> {
  readonly name: string
  /** The value of a message, read as JSON and checked by the schema. Absent where the topic is only typed. */
  readonly parse?: (raw: string) => V
  /** Carries the type; never there at run time. */
  readonly __value?: V
}

/** The type of the messages of a topic: `process(message: MessageOf<typeof pageviews>)`. */
export type MessageOf<T> = T extends Topic<infer V> ? Message<V> : never

/**
 * A topic whose messages hold JSON of the type `V`. With a Standard Schema (zod, valibot, arktype …) the type is the schema's
 * output and each message is checked when its `data` is first read; a message without a value is offered to it as null.
 */
export function topic<V = unknown>(name: string, schema?: StandardSchema<V>): Topic<V> {
  return Object.freeze(schema ? { name, parse: parserFor(name, schema) } : { name })
}

function parserFor<V>(name: string, schema: StandardSchema<V>): (raw: string) => V {
  return raw => {
    const result = schema['~standard'].validate(JSON.parse(raw))
    if (result instanceof Promise) {
      // Nobody will look at its outcome.
      result.catch(() => {})
      throw new TypeError(
        `the schema of topic ${name} is asynchronous, but data is read without waiting: use one that is not`,
      )
    }
    if (result.issues) throw new SchemaMismatch(result.issues)
    return result.value
  }
}
