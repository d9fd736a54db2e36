// A rule on options that single ones cannot know of each other: what it looks at, when it is broken, and the sentence that it says.

import type { Config, OptionName } from './options.ts'

export interface Rule {
  readonly of: readonly OptionName[]
  /** `isSet`: by somebody, and not left at its default. */
  readonly isBroken: (config: Config, isSet: (option: OptionName) => boolean) => boolean
  /** `name` gives an option with its value and source. */
  readonly says: (name: (option: OptionName) => string, config: Config) => string
}
