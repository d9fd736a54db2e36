// Standard input as lines, in the bytes as they came and without their ends, one at a time: what is read ahead is bounded.

import { reasonOf } from '../../lib/reason.ts'

export type Input = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }

/** Says which line could not be read. */
export class Unreadable extends Error {}

const LINE_FEED = 10
/** Kafka's own limit of a request: no broker takes a longer message. */
const LONGEST = 100 * 2 ** 20

export async function* linesOf(input: Input, longest = LONGEST): AsyncGenerator<Uint8Array> {
  let line = 1
  let parts: Uint8Array[] = []
  let length = 0
  const take = (part: Uint8Array) => {
    length += part.length
    if (length > longest) throw new Unreadable(`line ${line} is longer than ${longest} bytes, which no broker takes`)
    parts.push(part)
  }
  const whole = () => {
    const value = Buffer.concat(parts)
    line++
    parts = []
    length = 0
    return value
  }
  for await (const chunk of readable(input, () => line)) {
    let from = 0
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, at))
      yield whole()
      from = at + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
  }
  if (length > 0) yield whole()
}

async function* readable(input: Input, line: () => number): AsyncGenerator<Uint8Array> {
  try {
    yield* input
  } catch (error) {
    throw new Unreadable(`line ${line()} cannot be read: ${reasonOf(error)}`)
  }
}
