// The options `consumer` and `producer`: lists of key=value by librdkafka's names. What a name means is told by the tables of names.

import { bothNames } from './both.ts'
import { consumerNames } from './consumer.ts'
import type { Fate, RawName } from './fate.ts'
import { producerNames } from './producer.ts'

export type Side = 'consumer' | 'producer'

const mapOf = (names: readonly RawName[]): ReadonlyMap<string, Fate> =>
  new Map(names.flatMap(({ names, fate }) => names.map(name => [name, fate] as const)))

const fates: Readonly<Record<Side, ReadonlyMap<string, Fate>>> = {
  consumer: mapOf([...bothNames, ...consumerNames]),
  producer: mapOf([...bothNames, ...producerNames]),
}

export const fateOf = (side: Side, key: string): Fate | undefined => fates[side].get(key)
export const namesOf = (side: Side): readonly string[] => [...fates[side].keys()]

/** undefined: it is no such list. A comma parts two settings only where another name follows it: some values have commas. */
export function parseRaw(raw: unknown): readonly string[] | undefined {
  const parts: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
  const isText = (part: unknown): part is string => typeof part === 'string'
  if (!parts.every(isText)) return undefined
  const all = parts.flatMap(split)
  return all.every(one => /^[^=\s][^=]*=/.test(one)) ? Object.freeze(all) : undefined
}

export const RAW_FORM = 'a list of key=value, no map, by the names of librdkafka (in YAML: - session.timeout.ms=30000)'

const isStart = (part: string): boolean => {
  const [, key = ''] = /^\s*([\w.]+)\s*=/.exec(part) ?? []
  return key.includes('.') || fates.consumer.has(key) || fates.producer.has(key)
}

function split(text: string): string[] {
  const all: string[] = []
  for (const part of text.split(',')) {
    if (all.length > 0 && !isStart(part)) all[all.length - 1] += `,${part}`
    else all.push(part)
  }
  return all.map(one => one.trim()).filter(one => one !== '')
}

/** A secret key, and all that stands behind it: where a value that holds commas, spaces or `=` ends, nobody can tell. */
const SECRET =
  /(^|[\s,;{"'])([\w.-]*(?:password|passphrase|secret|token|jaas)[\w.-]*|ssl_key|[\w.-]*\.pem)(?=[\s"'=:]|$)[\s\S]*/i

/** As it may be shown: without the values of secret keys. */
export function maskRaw(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(maskRaw)
  if (typeof raw === 'object' && raw !== null) return Object.fromEntries(Object.keys(raw).map(key => [key, '***']))
  return typeof raw === 'string' ? raw.replace(SECRET, '$1$2=***') : raw
}
