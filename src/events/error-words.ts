// An error in words: the one place for the log, for dead letters and for whoever looks at a partition.

import { cut } from '../lib/reason.ts'
import type { ErrorData } from './error-data.ts'

/** Names that say nothing beside the message. */
const MUTE = ['Error', 'NonError', 'RacecarError']

/** The explanation goes on for lines. */
const inShort = (message: string): string => message.split('\n').slice(0, 2).join('. ')

const own = ({ name, message }: ErrorData): string =>
  name === 'MessageDeliveryError'
    ? inShort(message)
    : MUTE.includes(name) || name === ''
      ? message
      : message === ''
        ? name
        : `${name}: ${message}`

/** Certificates, and what goes with them: no silence of the broker's. */
export const isOfTls = ({ name }: ErrorData): boolean => name === 'TlsError'

/** Name and password, and what goes with them. */
export const isOfSasl = ({ name }: ErrorData): boolean => name === 'SaslError'

/** There was nothing to show to the broker. */
export const isOfToken = ({ name }: ErrorData): boolean => name === 'NoToken'

/** With its causes, as far as they say more; without the stack. */
export function told(error: ErrorData): string {
  const { cause, errors = [] } = error
  if (cause && cause.message !== '' && error.message.includes(cause.message))
    return told({ ...error, cause: cause.cause })
  const parts = [...errors, ...(cause ? [cause] : [])].map(told)
  const words = own(error) || (parts.length === 0 ? `${error.name} without a message` : error.name)
  return parts.length === 0 ? words : `${words} (${parts.join('; ')})`
}

/** The first place in the stack that is neither Node's nor a package's: the user's own, where there is one. */
export function userPlace({ stack }: ErrorData): string | undefined {
  const places = [...(stack ?? '').matchAll(/^ {4}at (.*)$/gm)].map(([, place]) => place!)
  return places.find(place => !OTHERS.test(place))
}

const OTHERS = /\(?(node:|native\b|<anonymous>)|[/\\]node_modules[/\\]|^new Promise |^async Promise\./

/** Of a header: with the message it has to pass for a message of the topic. */
const LONGEST = 1000

/** For a dead letter: what was thrown, why, and where. */
export function epitaph(error: ErrorData): string {
  const place = userPlace(error)
  return cut(told(error), LONGEST) + (place === undefined ? '' : ` (at ${place})`)
}

const LONGEST_LINE = 200

/** The first line, for whoever looks at the partition. */
export function firstLine(error: ErrorData): string {
  const [line = ''] = own(error)
    .trim()
    .split(/[\r\n]/, 1)
  return line.slice(0, LONGEST_LINE)
}
