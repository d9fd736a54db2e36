// One event as one line: for a person, or as JSON for a machine. Pure; writes nothing.

import { inspect, styleText } from 'node:util'
import type { ErrorData, EventName, Events, Level } from '../events/events.ts'
import { levelOf, type Sentence, sentences } from './sentences.ts'

/** Who speaks: the primary, or the process in a slot. */
export interface Speaker {
  readonly slot?: string | undefined
  readonly pid: number
}

export interface Entry<N extends EventName = EventName> {
  readonly name: N
  readonly data: Events[N]
  readonly speaker: Speaker
  /** Milliseconds since the epoch. */
  readonly epoch: number
}

export type Render = <N extends EventName>(entry: Entry<N>) => string

export const messageOf = <N extends EventName>(name: N, data: Events[N]): string =>
  (sentences[name] as Sentence<N>).say(data)

export function asJson<N extends EventName>({ name, data, speaker, epoch }: Entry<N>): string {
  const { slot, pid } = speaker
  const fixed = {
    time: new Date(epoch).toISOString(),
    level: levelOf(name, data),
    event: name,
    slot,
    pid,
    message: messageOf(name, data),
  }
  // The user's own fields must not pass for ours; those of our events are meant to (a slot's event names slot and process).
  const line = name === 'line' ? { ...userFields(data as Events['line']), ...fixed } : { ...fixed, ...data }
  return JSON.stringify(line, safely())
}

const userFields = ({ from, fields }: Events['line']) => ({ ...fields, from })

/** A line is better with a strange value as text than not at all. */
function safely() {
  const above: unknown[] = []
  return function (this: unknown, _key: string, value: unknown): unknown {
    if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return inspect(value)
    if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack }
    if (typeof value !== 'object' || value === null) return value
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (above.includes(value)) return '[circular]'
    above.push(value)
    return value
  }
}

const colours: Record<Level, 'gray' | 'green' | 'yellow' | 'red'> = {
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
}

export function asText(colour: boolean): Render {
  return ({ name, data, speaker, epoch }) => {
    const level = levelOf(name, data)
    const paint = (format: Parameters<typeof styleText>[0], text: string) =>
      colour ? styleText(format, text, { validateStream: false }) : text
    const who = paint('gray', `[${speaker.slot ?? 'racecar'} pid ${speaker.pid}]`)
    const head = `${paint('gray', new Date(epoch).toISOString())} ${paint(colours[level], level.toUpperCase().padEnd(5))}`
    return `${head} ${who} ${messageOf(name, data)}${extras(name, data)}`
  }
}

function extras<N extends EventName>(name: N, data: Events[N]): string {
  if (name === 'line') {
    const { fields } = data as Events['line']
    return fields && Object.keys(fields).length > 0
      ? ` ${inspect(fields, { breakLength: Number.POSITIVE_INFINITY })}`
      : ''
  }
  // Where an error comes out of the user's code its place in that code is what matters.
  const { error } = data as { error?: ErrorData }
  const stack =
    name === 'message.failed' || name === 'worker.failed' || name === 'hook.failed' ? error?.stack : undefined
  return stack ? `\n${stack.replace(/^/gm, '    ')}` : ''
}
