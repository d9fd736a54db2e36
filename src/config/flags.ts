// The table as flags: plain data from which a command line is built. Knows nothing of the library that parses it.

import { kebabOf, optionNames, optionOf, spellingsOf, variableOf } from './names.ts'
import type { OptionGroup } from './option.ts'
import type { OptionName } from './options.ts'

export interface FlagDescription {
  readonly option: OptionName
  /** Without dashes: `max-wait-time`. */
  readonly name: string
  readonly short?: string
  /** Other names of the same flag, without dashes. */
  readonly aliases: readonly string[]
  /** What its value is called; undefined where it takes none: then there is `--no-…` as well. */
  readonly placeholder?: string
  /** It may be given several times, each adding to a list. */
  readonly repeats: boolean
  readonly variable: string
  readonly about: string
  readonly group: OptionGroup
  /** The default in words; empty where there is none. */
  readonly defaultText: string
}

export function describeFlags(): readonly FlagDescription[] {
  return optionNames.map(name => {
    const { short, placeholder, about, group, default: fallback } = optionOf(name)
    const [own, ...aliases] = spellingsOf(name).map(kebabOf)
    return {
      option: name,
      name: own!,
      aliases,
      ...(short === undefined ? {} : { short }),
      ...(placeholder === undefined ? {} : { placeholder }),
      repeats: Array.isArray(fallback),
      variable: variableOf(name),
      about,
      group,
      defaultText: fallback === undefined ? '' : Array.isArray(fallback) ? fallback.join(',') : String(fallback),
    }
  })
}
