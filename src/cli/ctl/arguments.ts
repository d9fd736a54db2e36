// What racecarctl is told on its command line, as values: each throws where a text is none.

import { InvalidArgumentError, Option } from 'commander'

export function toSeconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It is a number of seconds.')
  return value
}

export function toCount(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('It is a whole number, 1 or more.')
  return Number(text)
}

export function toInterval(text: string): number {
  const value = toSeconds(text)
  if (value < 0.1) throw new InvalidArgumentError('It is a number of seconds, at least 0.1.')
  return value
}

export function toPartition(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.')
  return Number(text)
}

export const listed = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export function toPlace(text: string, before?: readonly string[]): readonly string[] {
  if (!/^[^/\s]{1,249}\/(0|[1-9][0-9]{0,8})$/.test(text))
    throw new InvalidArgumentError('It is a topic and a number, as in pageviews/3.')
  return listed(text, before)
}

export function toHeaders(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It is a name and a value, as in source=shell.')
  const name = text.slice(0, at)
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice.`)
  return Object.fromEntries([...Object.entries(before), [name, text.slice(at + 1)]])
}

/** Given several times it is one list, as if it had been written with commas. */
export const appended = (value: string, before: string | undefined): string =>
  before === undefined ? value : `${before},${value}`

/** How a command finds Kafka. */
export const finding = (): Option[] => [
  new Option('-b, --brokers <list>', "Kafka's brokers").argParser(appended),
  ...configuring(),
]

/** How a command finds its options. */
export const configuring = (): Option[] => [
  new Option('--config <files>', 'other configuration files than config/racecar.*').argParser(appended),
  new Option('--env <name>', 'which of their sections holds'),
]
