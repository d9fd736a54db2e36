// Lets raw settings count: each is turned into an option of ours, or found to say what is so anyway, or is a problem with its cure.
// They go before the options themselves, as they always did in Racecar; that one is overruled is said.

import { nearest } from '../../lib/nearest.ts'
import { optionOf, snakeOf } from '../names.ts'
import { Expected } from '../option.ts'
import type { OptionName } from '../options.ts'
import { type Problem, shown } from '../problems.ts'
import { type RawSetting, settingsIn, settingsOf } from './entries.ts'
import type { Fate } from './fate.ts'
import { fateOf, namesOf, type Side } from './setting.ts'

export interface RawParts {
  /** The options as they are without raw settings, and where each was set. Changed in place. */
  readonly values: Map<OptionName, unknown>
  readonly sources: Map<OptionName, string>
  /** What the way of starting decides goes before these. */
  readonly forced: ReadonlySet<string>
}

export interface Applied {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

const SIDES: readonly Side[] = ['consumer', 'producer']

export function applyRaw({ values, sources, forced }: RawParts): Applied {
  const problems: Problem[] = []
  const warnings: string[] = []
  const given = new Map<OptionName, { readonly value: unknown; readonly source: string }>()
  for (const side of SIDES) {
    for (const setting of settingsIn(values.get(side) as readonly string[])) {
      const source = `${side}: ${setting.key}`
      const problem = (sentence: string) =>
        problems.push({
          option: side,
          value: undefined,
          source,
          sentence: `${setting.key} in ${side} ${sentence}`,
        })
      const read = readRaw(side, setting)
      if ('problem' in read) problem(read.problem)
      if (!('option' in read)) continue
      const before = given.get(read.option)
      if (before && inWords(before.value) !== inWords(read.value))
        problem(`says something else than ${before.source}, and both are ${snakeOf(read.option)} here`)
      given.set(read.option, { value: read.value, source })
    }
  }
  for (const [option, { value, source }] of given) {
    if (forced.has(option)) continue
    const own = sources.get(option)!
    if (own !== 'default' && inWords(values.get(option)) !== inWords(value))
      warnings.push(`${source} goes before ${snakeOf(option)}, which ${own} sets to something else`)
    values.set(option, value)
    sources.set(option, source)
  }
  return { problems, warnings }
}

const inWords = (value: unknown): string => JSON.stringify(value)

type Read =
  | { readonly option: OptionName; readonly value: unknown }
  | { readonly problem: string }
  | { readonly nothing: true }

/** `problem`: the half sentence after the name. */
function readRaw(side: Side, { key, value }: RawSetting): Read {
  const fate = fateOf(side, key)
  if (!fate) return { problem: unknownName(side, key) }
  switch (fate.kind) {
    case 'option':
      return asOption(fate, value)
    case 'topic': {
      const { of, words } = fate.setting
      return of(value) ? { nothing: true } : { problem: `must be ${words}, but says ${shown(value)}` }
    }
    case 'so anyway':
      if (fate.values.includes(value.toLowerCase())) return { nothing: true }
      return { problem: `can only be ${fate.values.join(' or ')}, but says ${shown(value)}: ${fate.why}` }
    case 'switch':
      if (['true', 'false'].includes(value.toLowerCase())) return { nothing: true }
      return { problem: `must be true or false, but says ${shown(value)}` }
    case 'refused':
      return { problem: `cannot be set: ${fate.why}` }
    default:
      return fate satisfies never
  }
}

function asOption({ option: name, to }: Extract<Fate, { kind: 'option' }>, value: string): Read {
  const option = name as OptionName
  const { parse, secret } = optionOf(option)
  const says = secret ? '' : `, but says ${shown(value)}`
  const converted = to.of(value)
  if (converted === undefined) return { problem: `must be ${to.words}${says}` }
  try {
    return { option, value: parse(converted) }
  } catch (error) {
    if (!(error instanceof Expected)) throw error
    return { problem: `is ${snakeOf(option)} here, which must be ${error.message}${says}` }
  }
}

function unknownName(side: Side, key: string): string {
  const other: Side = side === 'consumer' ? 'producer' : 'consumer'
  if (fateOf(other, key)) return `belongs in ${other}`
  const meant = nearest(key, namesOf(side))
  return `is no setting of librdkafka's${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

export interface Additional {
  readonly topic: string
  readonly additionalConfig?: Readonly<Record<string, string>>
}

/** What is wrong with the additionalConfig of subscriptions. */
export function* checkAdditional(subscriptions: readonly Additional[], source: string): Generator<Problem> {
  for (const { topic, additionalConfig } of subscriptions) {
    for (const setting of settingsOf(additionalConfig)) {
      const { key } = setting
      const fate = fateOf('consumer', key)
      const read = readRaw('consumer', setting)
      const ofAll =
        fate?.kind === 'option' && `cannot be set for one topic: set ${snakeOf(fate.option)}, or ${key} in consumer`
      const why = ofAll || ('problem' in read && read.problem)
      if (!why) continue
      const sentence = `${key} in additionalConfig of ${topic} (${source}) ${why}`
      yield { option: key, value: undefined, source, sentence }
    }
  }
}
