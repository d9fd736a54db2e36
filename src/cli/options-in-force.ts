// The options in force as a person reads them: one a line, with where each was set, secrets masked.

import { optionNames, optionOf, snakeOf } from '../config/names.ts'
import type { Config, OptionName } from '../config/options.ts'

export function optionsInForce(config: Config, sources: Readonly<Record<OptionName, string>>): string {
  const rows = optionNames.map(name => ({ name: snakeOf(name), value: shown(name, config), source: sources[name] }))
  const widest = Math.max(...rows.map(({ name }) => name.length))
  return rows.map(({ name, value, source }) => `${name.padEnd(widest)} = ${value}  (${source})\n`).join('')
}

function shown(name: OptionName, config: Config): string {
  const value = config[name]
  if (value === undefined) return '–'
  if (optionOf(name).secret) return '***'
  return Array.isArray(value) ? value.join(',') || '–' : String(value)
}
