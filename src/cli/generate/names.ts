// From what somebody typed for a consumer to all that it is called: TapDance, tap_dance, tap-dance and TapDanceConsumer are the same.

import { fileNameOf } from '../../loader/locate.ts'

export interface ConsumerName {
  /** `TapDanceConsumer`. */
  readonly className: string
  /** Without an extension: `tap-dance-consumer`. */
  readonly file: string
  /** What it consumes where nothing is said: `tap-dance`. */
  readonly topic: string
}

const SUFFIX = /[-_]?consumer$/i

/** undefined: it is none. */
export function consumerName(given: string): ConsumerName | undefined {
  if (!/^[a-z][a-z\d]*([-_][a-z\d]+)*$/i.test(given)) return undefined
  const bare = given.replace(SUFFIX, '')
  if (bare === '') return undefined
  const pascal = bare.replace(/(?:^|[-_])([a-z\d])/gi, (_, letter: string) => letter.toUpperCase())
  return { className: `${pascal}Consumer`, file: fileNameOf(`${pascal}Consumer`), topic: fileNameOf(pascal) }
}
