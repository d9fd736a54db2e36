// One option, many spellings: maxWaitTime in code, max_wait_time in prose, RACECAR_MAX_WAIT_TIME as a variable, --max-wait-time
// as a flag. All are made from the name in the table.

import { snakeOf } from '../lib/snake.ts'
import type { Option } from './option.ts'
import { type OptionName, options } from './options.ts'

export { snakeOf }

export const PREFIX = 'RACECAR_'

export const kebabOf = (option: string): string => snakeOf(option).replaceAll('_', '-')
export const variableOf = (option: string): string => PREFIX + snakeOf(option).toUpperCase()
export const camelOf = (name: string): string => name.replace(/[-_]+(\w)/g, (_, letter: string) => letter.toUpperCase())

export const optionNames = Object.keys(options) as readonly OptionName[]

/** The option as the general type, where its own is of no interest. */
export const optionOf = (name: OptionName): Option<unknown> => options[name]

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name)

/** Every name that an option answers to, its own first, in camelCase. */
export function spellingsOf(name: OptionName): readonly string[] {
  return [name, ...(optionOf(name).aliases ?? []).map(camelOf)]
}

/** From every camelCase name, aliases included, to the option that is meant. */
export const optionBySpelling: ReadonlyMap<string, OptionName> = new Map(
  optionNames.flatMap(name => spellingsOf(name).map(spelling => [spelling, name] as const)),
)
