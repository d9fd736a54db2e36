// The kinds of options. A kind reads a raw value — text from a variable or a flag, a typed value from a class or a file — and
// gives the value or throws the half sentence that says what was expected. It knows no option by name.

export interface Option<T> {
  /** One sentence for --help and the reference, with units. */
  readonly about: string
  readonly default: T
  /** May be set by this.configure({ … }) in a consumer class. */
  readonly perClass?: true
  /** Masked wherever it is shown. */
  readonly secret?: true
  /** What the flag's value is called in --help; undefined: the flag takes none. */
  readonly placeholder?: string
  /** Other names of the flag and variable, in snake_case. */
  readonly aliases?: readonly string[]
  /** One-letter flag. */
  readonly short?: string
  readonly group: OptionGroup
  parse(raw: unknown): T
}

export type OptionGroup = 'Kafka' | 'Consuming' | 'Timeouts' | 'Errors' | 'Workers' | 'Logging' | 'Loading'

type Given<T> = Omit<Option<T>, 'parse' | 'perClass'>

/** The half sentence after "must be". */
export class Expected extends Error {}

function kind<T>(parse: (raw: unknown) => T, placeholder?: string) {
  function option<D extends T>(given: Given<D | T> & { perClass: true }): Option<T> & { perClass: true }
  function option<D extends T>(given: Given<D | T> & { perClass?: never }): Option<T>
  function option(given: Given<T> & { perClass?: true }): Option<T> {
    return { ...(placeholder === undefined ? {} : { placeholder }), ...given, parse }
  }
  return option
}

/** A kind whose empty default is undefined. */
const orNothing =
  <T>(parse: (raw: unknown) => T) =>
  (raw: unknown): T | undefined =>
    raw === undefined || raw === null || raw === '' ? undefined : parse(raw)

function toNumber(raw: unknown): number {
  const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw
  return typeof value === 'number' ? value : Number.NaN
}

interface Range {
  readonly least?: number
  readonly most?: number
}

function inRange(value: number, { least = 0, most = Number.MAX_SAFE_INTEGER }: Range, what: string): number {
  if (value >= least && value <= most) return value
  throw new Expected(
    most === Number.MAX_SAFE_INTEGER ? `${what}, at least ${least}` : `${what} from ${least} to ${most}`,
  )
}

function parseSeconds(range: Range) {
  return (raw: unknown) => inRange(toNumber(raw), { most: 2_147_483, ...range }, 'a number of seconds')
}

function parseInteger(range: Range, what: string) {
  return (raw: unknown) => {
    const value = toNumber(raw)
    return inRange(Number.isInteger(value) ? value : Number.NaN, range, what)
  }
}

function parseText(raw: unknown): string {
  if (typeof raw === 'string' && raw.trim() !== '') return raw
  if (typeof raw === 'number') return String(raw)
  throw new Expected('a text that is not empty')
}

function parseList(raw: unknown): readonly string[] {
  const parts = Array.isArray(raw) ? raw.map(String) : typeof raw === 'string' ? raw.split(',') : undefined
  const list = parts?.map(part => part.trim()).filter(part => part !== '')
  if (list && list.length > 0) return list
  throw new Expected('a list, separated by commas')
}

function parseFlag(raw: unknown): boolean {
  if (typeof raw === 'boolean') return raw
  const text = typeof raw === 'string' ? raw.trim().toLowerCase() : ''
  if (['true', 'yes', 'on', '1'].includes(text)) return true
  if (['false', 'no', 'off', '0'].includes(text)) return false
  throw new Expected('true or false')
}

export const seconds = (range: Range = {}) => kind<number>(parseSeconds(range), 'seconds')
export const maybeSeconds = (range: Range = {}) => kind<number | undefined>(orNothing(parseSeconds(range)), 'seconds')
export const integer = (range: Range = {}) => kind<number>(parseInteger(range, 'a whole number'), 'number')
export const bytes = (range: Range = {}) => kind<number>(parseInteger(range, 'a whole number of bytes'), 'bytes')
export const text = kind<string>(parseText, 'text')
export const maybeText = kind<string | undefined>(orNothing(parseText), 'text')
export const list = kind<readonly string[]>(parseList, 'list')
export const flag = kind<boolean>(parseFlag)

export function choice<const C extends readonly string[]>(...choices: C) {
  return kind<C[number]>(raw => {
    const found = choices.find(choice => choice === (typeof raw === 'string' ? raw.trim() : raw))
    if (found !== undefined) return found
    throw new Expected(`one of ${choices.join(', ')}`)
  }, choices.join('|'))
}

/** A list whose members are each one of the choices, without repeats. */
export function choices<const C extends readonly string[]>(...all: C) {
  return kind<readonly C[number][]>(raw => {
    const given = parseList(raw)
    if (given.every(one => all.includes(one)) && new Set(given).size === given.length)
      return given as readonly C[number][]
    throw new Expected(`a list of different values out of ${all.join(', ')}`)
  }, 'list')
}
