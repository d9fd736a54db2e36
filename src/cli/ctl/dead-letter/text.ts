// What is in a dead letter, for people and for programs.

import type { Letter } from './letter.ts'

/** As text, or in base64 where it is none. */
export type Content = string | { readonly base64: string } | null

export function contentOf(bytes: Buffer | null | undefined): Content {
  if (!bytes) return null
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : { base64: bytes.toString('base64') }
}

export const say = (content: Content): string =>
  content === null ? '–' : typeof content === 'string' ? content : `base64 ${content.base64}`

/** Lines stay lines, and nothing else in it is obeyed by a terminal. */
export const harmless = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, one => `\\u${one.codePointAt(0)!.toString(16).padStart(4, '0')}`)

export const instant = (ms: number): string => (ms >= 0 ? new Date(ms).toISOString() : '–')

/** `pageviews/3@79911` */
export const originOf = ({ origin }: Letter): string =>
  origin ? `${origin.topic}/${origin.partition}@${origin.offset}` : '–'

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
