// The kinds of options. A kind reads a raw value — text from a variable or a flag, a typed value from a class or a program — and
// gives the value or throws the half sentence that says what was expected. It knows no option by name.

import { areDelays, DELAYS } from '../lib/delays.ts'
import { toHostPort } from './host-port.ts'
import { maskRaw, parseRaw, RAW_FORM } from './raw/setting.ts'
import { isPem } from './untold.ts'

export interface Option<T> {
  /** One sentence for --help and the reference, with units. */
  readonly about: string
  readonly default: T
  /** May be set by this.configure({ … }) in a consumer class. */
  readonly perClass?: true
  /** Only by a flag or a variable: it says which files are read. */
  readonly outside?: true
  /** Masked wherever it is shown. */
  readonly secret?: true
  /** Of an option that holds secrets among other things: what may be shown. */
  readonly mask?: (raw: unknown) => unknown
  /** What the flag's value is called in --help; undefined: the flag takes none. */
  readonly placeholder?: string
  /** Other names of the flag and variable, in snake_case. */
  readonly aliases?: readonly string[]
  /** One-letter flag. */
  readonly short?: string
  readonly group: OptionGroup
  parse(raw: unknown): T
}

export type OptionGroup =
  | 'Kafka'
  | 'Security'
  | 'Consuming'
  | 'Producing'
  | 'Timeouts'
  | 'Errors'
  | 'Workers'
  | 'Liveness'
  | 'Logging'
  | 'Loading'
  | 'Datadog'

type Given<T> = Omit<Option<T>, 'parse' | 'perClass'>

export const AUTO = 'auto'

/** The half sentence after "must be". */
export class Expected extends Error {}

export function kind<T>(parse: (raw: unknown) => T, placeholder?: string) {
  function option(given: Given<T> & { perClass: true }): Option<T> & { perClass: true }
  function option(given: Given<T> & { perClass?: never }): Option<T>
  function option(given: Given<T> & { perClass?: true }): Option<T> {
    return { ...(placeholder === undefined ? {} : { placeholder }), ...given, parse }
  }
  return option
}

/** A kind whose empty default is undefined. */
export const orNothing =
  <T>(parse: (raw: unknown) => T) =>
  (raw: unknown): T | undefined =>
    raw === undefined || raw === null || raw === '' ? undefined : parse(raw)

function toNumber(raw: unknown): number {
  if (typeof raw === 'number') return raw
  // Number() alone would take '', '0x1f' and 'Infinity'.
  const isDecimal = typeof raw === 'string' && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(raw.trim())
  return isDecimal ? Number(raw) : Number.NaN
}

interface Range {
  readonly least?: number
  readonly most?: number
  /** One more value, outside the range, that means something of its own. */
  readonly or?: number
}

function inRange(value: number, { least = 0, most = Number.MAX_SAFE_INTEGER, or }: Range, what: string): number {
  // -0 is no value of its own.
  if ((value >= least && value <= most) || value === or) return value + 0
  const range = most === Number.MAX_SAFE_INTEGER ? `${what}, at least ${least}` : `${what} from ${least} to ${most}`
  throw new Expected(or === undefined ? range : `${range}, or ${or}`)
}

// What a timer of Node can wait: 2^31 - 1 milliseconds.
const LONGEST = 2_147_483

function parseSeconds(range: Range) {
  return (raw: unknown) => inRange(toNumber(raw), { most: LONGEST, ...range }, 'a number of seconds')
}

function parseInteger(range: Range, what: string) {
  return (raw: unknown) => {
    const value = toNumber(raw)
    return inRange(Number.isInteger(value) ? value : Number.NaN, range, what)
  }
}

function parseText(raw: unknown): string {
  if (isPem(raw))
    throw new Expected('a text, such as the name of a file or env:NAME, and not what a file of keys holds')
  if (typeof raw === 'string' && raw.trim() !== '') return raw.trim()
  if (typeof raw === 'number' && Number.isFinite(raw)) return String(raw)
  throw new Expected('a text that is not empty')
}

export function parseList(raw: unknown): readonly string[] {
  const parts: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
  if (!parts.every(part => typeof part === 'string')) throw new Expected('a list, separated by commas')
  return Object.freeze(parts.flatMap(splitAtCommas))
}

/** Commas part the members, but not those of a glob's braces. */
function splitAtCommas(text: string): string[] {
  const parts = text.split(/,(?![^{]*\})/)
  return parts.map(part => part.trim()).filter(part => part !== '')
}

function notEmpty<T>(list: readonly T[]): readonly T[] {
  if (list.length === 0) throw new Expected('a list with at least one member, separated by commas')
  return list
}

function parseRawSettings(raw: unknown): readonly string[] {
  const settings = parseRaw(raw)
  if (settings) return settings
  throw new Expected(RAW_FORM)
}

function parseDelays(raw: unknown): readonly number[] {
  const parts: readonly unknown[] = typeof raw === 'string' ? parseList(raw) : [raw].flat()
  const delays = parts.map(toNumber)
  if (areDelays(delays)) return Object.freeze(delays)
  throw new Expected(DELAYS)
}

function parseChoice<const C extends readonly string[]>(choices: C) {
  return (raw: unknown): C[number] => {
    const found = choices.find(choice => choice === (typeof raw === 'string' ? raw.trim() : raw))
    if (found !== undefined) return found
    throw new Expected(`one of ${choices.join(', ')}`)
  }
}

function parseFlag(raw: unknown): boolean {
  if (typeof raw === 'boolean') return raw
  const text = typeof raw === 'string' ? raw.trim().toLowerCase() : ''
  if (['true', 'yes', 'on', '1'].includes(text)) return true
  if (['false', 'no', 'off', '0'].includes(text)) return false
  throw new Expected('true or false')
}

function parseBrokers(raw: unknown): readonly string[] {
  const brokers = notEmpty(parseList(raw)).map(toHostPort)
  if (brokers.every(broker => broker !== undefined)) return Object.freeze(brokers)
  throw new Expected('a list of host or host:port, an IPv6 address in brackets')
}

export const seconds = (range: Range = {}) => kind<number>(parseSeconds(range), 'seconds')
export const maybeSeconds = (range: Range = {}) => kind<number | undefined>(orNothing(parseSeconds(range)), 'seconds')
export const integer = (range: Range = {}) => kind<number>(parseInteger(range, 'a whole number'), 'number')
export const maybeInteger = (range: Range = {}) =>
  kind<number | undefined>(orNothing(parseInteger(range, 'a whole number')), 'number')
/** A whole number, or as many as there are cores. */
export const integerOrAuto = (range: Range = {}) => {
  const parse = parseInteger(range, 'a whole number')
  return kind<number | 'auto'>(raw => {
    if (typeof raw === 'string' && raw.trim() === AUTO) return AUTO
    try {
      return parse(raw)
    } catch (error) {
      throw error instanceof Expected ? new Expected(`${error.message}, or ${AUTO}`) : error
    }
  }, `number|${AUTO}`)
}
export const bytes = (range: Range = {}) => kind<number>(parseInteger(range, 'a whole number of bytes'), 'bytes')
export const maybeBytes = (range: Range = {}) =>
  kind<number | undefined>(orNothing(parseInteger(range, 'a whole number of bytes')), 'bytes')
export const text = kind<string>(parseText, 'text')
/** As it was given: a blank at its end may be meant. */
export const maybeSecret = (given: Given<string | undefined>) =>
  kind<string | undefined>(
    orNothing(raw => {
      if (typeof raw === 'string') return raw
      throw new Expected('a text')
    }),
    'text',
  )({ ...given, secret: true })
export const maybeText = kind<string | undefined>(orNothing(parseText), 'text')
/** May be empty. */
export const list = kind<readonly string[]>(parseList, 'list')
/** key=value, by the names of librdkafka. May be empty. */
export const rawSettings = (given: Given<readonly string[]>) =>
  kind<readonly string[]>(parseRawSettings, 'key=value,…')({ ...given, mask: maskRaw })
/** May be empty. */
export const delays = kind<readonly number[]>(parseDelays, 'seconds,…')
export const brokerList = kind<readonly string[]>(parseBrokers, 'host:port,…')
export const flag = kind<boolean>(parseFlag)

export function choice<const C extends readonly string[]>(...choices: C) {
  return kind<C[number]>(parseChoice(choices), choices.join('|'))
}

export function maybeChoice<const C extends readonly string[]>(...choices: C) {
  return kind<C[number] | undefined>(orNothing(parseChoice(choices)), choices.join('|'))
}

/** A list whose members are each one of the choices, without repeats; not empty. */
export function choices<const C extends readonly string[]>(...all: C) {
  return kind<readonly C[number][]>(raw => {
    const given = parseList(raw)
    if (given.length > 0 && given.every(one => all.includes(one)) && new Set(given).size === given.length)
      return given as readonly C[number][]
    throw new Expected(`a list of different values out of ${all.join(', ')}`)
  }, 'list')
}
