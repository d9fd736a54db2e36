// What becomes of a setting that is called by librdkafka's name. One of five things, and each name has exactly one of them; so the
// tables of names, the reading of settings and the page about them cannot say different things. Knows no option by itself.

import type { TopicSetting } from './entries.ts'

export type Fate =
  /** It is an option of ours. */
  | { readonly kind: 'option'; readonly option: string; readonly to: Conversion; readonly note?: string }
  /** It is an option of a subscription. */
  | { readonly kind: 'topic'; readonly setting: TopicSetting }
  /** These values say what is so in any case, `why` why there is no other. */
  | { readonly kind: 'so anyway'; readonly values: readonly string[]; readonly why: string }
  /** It may be either, and is asked for where it counts. */
  | { readonly kind: 'switch'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }

export interface Conversion {
  /** What the option is given; undefined: the value makes no sense under that name. */
  readonly of: (value: string) => unknown
  /** What the value must be. */
  readonly words: string
}

export interface RawName {
  readonly names: readonly string[]
  readonly fate: Fate
}

const number = (value: string): number => (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN)

const scaled = (by: (value: number) => number, words: string): Conversion => ({
  words,
  of(value) {
    const read = number(value)
    return Number.isNaN(read) ? undefined : by(read)
  },
})

export const asItIs: Conversion = { of: value => value, words: 'a text' }
export const asNumber = scaled(value => value, 'a number')
export const fromMs = scaled(value => value / 1000, 'a number of milliseconds')
export const fromKilobytes = scaled(value => value * 1024, 'a number of kilobytes')

/** By what the name's values mean. */
export function oneOf(values: Readonly<Record<string, unknown>>): Conversion {
  return {
    of: value => (Object.hasOwn(values, value.toLowerCase()) ? values[value.toLowerCase()] : undefined),
    words: `one of ${Object.keys(values).join(', ')}`,
  }
}

const named = (names: string, fate: Fate): RawName => ({ names: names.split(' '), fate })

export const isOption = (names: string, option: string, to: Conversion = asItIs, note?: string): RawName =>
  named(names, { kind: 'option', option, to, ...(note === undefined ? {} : { note }) })

export const isOfTopic = (names: string, setting: TopicSetting): RawName => named(names, { kind: 'topic', setting })

export const isSo = (names: string, values: string, why: string): RawName =>
  named(names, { kind: 'so anyway', values: values.split(' '), why })

export const isRefused = (names: string, why: string): RawName => named(names, { kind: 'refused', why })

export const isSwitch = (names: string, why: string): RawName => named(names, { kind: 'switch', why })
