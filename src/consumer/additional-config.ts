// What a subscription says by librdkafka's names: what can be one way for one topic and another way for the next. All else belongs to
// the member of the group, or to the producer, of which there is one.

import { snakeOf } from '../config/names.ts'
import { readRaw } from '../config/raw/apply.ts'
import type { TopicSettings } from '../config/raw/fate.ts'
import { fateOf } from '../config/raw/setting.ts'
import { isRecord } from '../lib/record.ts'
import { inWords } from './in-words.ts'

export interface Additional {
  readonly settings: TopicSettings
  readonly problems: readonly string[]
}

export function readAdditional(given: unknown): Additional {
  if (given === undefined) return { settings: {}, problems: [] }
  if (!isRecord(given)) {
    const form = "an object of settings, as { 'auto.offset.reset': 'latest' }"
    return { settings: {}, problems: [`additionalConfig must be ${form}, not ${inWords(given)}`] }
  }
  const settings: TopicSettings = {}
  const problems: string[] = []
  for (const [key, value] of Object.entries(given)) {
    const read = readOne(key, value)
    if (typeof read === 'string') problems.push(`${key} in additionalConfig ${read}`)
    else Object.assign(settings, read)
  }
  return { settings, problems }
}

/** The half sentence about what is wrong with it. */
function readOne(key: string, value: unknown): TopicSettings | string {
  const fate = fateOf('consumer', key)
  if (fate?.kind === 'option') {
    return `cannot be set for one topic: a worker has one for all; set ${snakeOf(fate.option)}, or ${key} in consumer`
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) return `must be a text, not ${inWords(value)}`
  const read = readRaw('consumer', { key, value: String(value) })
  if ('problem' in read) return read.problem
  return 'topic' in read ? read.topic : {}
}
