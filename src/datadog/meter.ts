// What is counted and measured between two flushes. Counts are added up and of gauges the last value stays, so that a message costs an
// addition and not a packet; of what is measured every value is kept, several to a line. A count that was handed over begins at
// zero again, so nothing is told twice. Knows neither events nor names.

import type { Client, Kind } from './client.ts'

export class Series {
  readonly kind: Kind
  readonly name: string
  readonly tags: readonly string[]
  readonly #touched: (series: Series) => void
  #isTouched = false
  #value = 0
  #values: number[] = []

  constructor(kind: Kind, name: string, tags: readonly string[], touched: (series: Series) => void) {
    this.kind = kind
    this.name = name
    this.tags = tags
    this.#touched = touched
  }

  /** Of a count. */
  add(by = 1): void {
    this.#touch()
    this.#value += by
  }

  /** Of a gauge. */
  set(value: number): void {
    this.#touch()
    this.#value = value
  }

  /** Of a timing, in milliseconds, or a histogram. */
  measured(value: number): void {
    this.#touch()
    this.#values.push(value)
  }

  /** `longest`: characters that the values of one line may have. */
  hand(client: Client, longest: number): void {
    this.#isTouched = false
    const { kind, name, tags } = this
    if (kind === 'count') client.increment(name, this.#value, tags)
    else if (kind === 'gauge') client.gauge(name, this.#value, tags)
    // An Agent takes several values in one line; hot-shots, which knows of one, writes what it is given.
    else for (const packed of pack(this.#values, longest)) client[kind](name, packed as unknown as number, tags)
    if (kind === 'count') this.#value = 0
    this.#values = []
  }

  #touch(): void {
    if (this.#isTouched) return
    this.#isTouched = true
    this.#touched(this)
  }
}

/** To microseconds: what is measured is no more exact. */
const told = (value: number): string => String(Math.round(value * 1000) / 1000)

function* pack(values: readonly number[], longest: number): Generator<string> {
  let line = ''
  for (const value of values) {
    const text = told(value)
    if (line !== '' && line.length + 1 + text.length > longest) {
      yield line
      line = ''
    }
    line += line === '' ? text : `:${text}`
  }
  if (line !== '') yield line
}

export class Meter {
  readonly #series = new Map<string, Series>()
  #touched: Series[] = []

  series(kind: Kind, name: string, tags: readonly string[]): Series {
    const key = `${kind} ${name} ${tags.join()}`
    const known = this.#series.get(key)
    if (known) return known
    const made = new Series(kind, name, tags, series => this.#touched.push(series))
    this.#series.set(key, made)
    return made
  }

  /** Everything since the last time. */
  hand(client: Client, longest: number): void {
    const touched = this.#touched
    this.#touched = []
    for (const series of touched) series.hand(client, longest)
  }
}
