// What a consumer instance is given to speak with: where produced messages go and where log lines go. Here the runner's are
// declared, and what stands in for them in a unit test. Knows nothing of how messages are delivered.

export interface ProduceTo {
  readonly topic: string
  readonly key?: string | Uint8Array | null | undefined
  /** By default the partitioner chooses, from the key. */
  readonly partition?: number | undefined
  /** What the partitioner goes by instead of the key. It is not stored. */
  readonly partitionKey?: string | Uint8Array | null | undefined
  readonly headers?: Readonly<Record<string, string | Uint8Array | null>> | undefined
  /** Milliseconds since the epoch, or a Date; now by default. */
  readonly timestamp?: Date | number | undefined
}

export type ProduceValue = string | Uint8Array | null

/** What produce() was given, as a unit test reads it. */
export interface Produced extends ProduceTo {
  readonly value: ProduceValue
}

/** What the runner gives an instance. */
export interface Outlet {
  produce(value: ProduceValue, to: ProduceTo): void
  deliver(): Promise<void>
}

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

export const consoleLogger: Logger = {
  debug: (...line) => console.debug(...line),
  info: (...line) => console.info(...line),
  warn: (...line) => console.warn(...line),
  error: (...line) => console.error(...line),
}

/** Throws a TypeError that says what is wrong: a mistake here would otherwise show only when the message is sent. */
export function checkProduce(value: unknown, to: unknown): void {
  const { topic, key, partition, partitionKey, headers, timestamp } = (to ?? {}) as Record<string, unknown>
  if (typeof topic !== 'string' || topic === '')
    throw new TypeError("produce needs a topic: produce(value, { topic: '…' })")
  mustBeData('a value', value)
  if (key !== undefined) mustBeData('a key', key)
  if (partitionKey !== undefined) mustBeData('a partitionKey', partitionKey)
  if (headers) for (const [name, data] of Object.entries(headers)) mustBeData(`the header ${name}`, data)
  if (partition !== undefined && !(Number.isInteger(partition) && (partition as number) >= 0))
    throw new TypeError(`produce takes a whole number as a partition, not ${String(partition)}`)
  if (timestamp !== undefined && !isTime(timestamp))
    throw new TypeError('produce takes a Date or milliseconds as a timestamp, and neither was given')
}

function mustBeData(what: string, given: unknown): void {
  if (given === null || typeof given === 'string' || given instanceof Uint8Array) return
  const cure = typeof given === 'object' ? ': use JSON.stringify' : ''
  throw new TypeError(`produce takes a string, a Uint8Array or null as ${what}, not ${typeof given}${cure}`)
}

const isTime = (given: unknown): boolean =>
  (typeof given === 'number' || given instanceof Date) && Number.isFinite(Number(given))
