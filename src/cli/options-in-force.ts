// The options in force as a person reads them: one a line, with where each was set, secrets masked.

import { optionNames, snakeOf } from '../config/names.ts'
import type { Config, OptionName } from '../config/options.ts'
import { mask } from '../config/sources.ts'

export function optionsInForce(config: Config, sources: Readonly<Record<OptionName, string>>): string {
  const rows = optionNames.map(name => ({ name: snakeOf(name), value: shown(name, config), source: sources[name] }))
  const widest = Math.max(...rows.map(({ name }) => name.length))
  return rows.map(({ name, value, source }) => `${name.padEnd(widest)} = ${value}  (${source})\n`).join('')
}

function shown(name: OptionName, config: Config): string {
  if (config[name] === undefined) return '–'
  const value = mask(name, config[name])
  return Array.isArray(value) ? value.join(',') || '–' : String(value)
}
