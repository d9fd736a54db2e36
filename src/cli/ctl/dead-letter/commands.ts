// racecarctl dead-letter: what its commands are told on the command line. What they do is loaded when it is asked for.

import { Argument, InvalidArgumentError, Option } from 'commander'
import { finding, toCount, toPartition } from '../arguments.ts'
import type { Commands } from '../command.ts'
import type { ListOptions } from './list.ts'
import type { Place } from './pick.ts'
import type { PurgeOptions } from './purge.ts'
import type { ReplayOptions } from './replay.ts'
import type { ShowOptions } from './show.ts'

export const deadLetterCommands: Commands = {
  list: {
    about: 'what is there, and what of it was replayed',
    options: () => [
      ...whose(),
      ...which(),
      new Option('--limit <number>', 'no more than so many (default: 100 in a table)').argParser(toCount),
      new Option('--json', 'as JSON, one object a line'),
      ...finding(),
    ],
    run: async (options, ground) => (await import('./list.ts')).list(options as ListOptions, ground),
  },
  show: {
    about: 'all about one of them',
    argument: () => new Argument('<partition/offset>', 'as list tells it').argParser(toLetter),
    options: () => [...whose(), new Option('--raw', 'only its value, as it is'), ...finding()],
    run: async (options, ground, place) =>
      (await import('./show.ts')).show(place as Place, options as ShowOptions, ground),
  },
  replay: {
    about: 'sends them to where they came from, each once',
    argument: () => new Argument('[partition/offset...]', 'only these').argParser(toLetters),
    options: () => [
      ...whose(),
      ...which(),
      new Option('--only-error <text>', 'those whose error contains this'),
      new Option('--limit <number>', 'no more than so many').argParser(toCount),
      new Option('--most <number>', 'leave out what was replayed so often before').argParser(toCount).default(3),
      new Option('--by-key', 'to the partition of their key, not to the one that they came from'),
      confirming(),
      ...finding(),
    ],
    run: async (options, ground, places = []) =>
      (await import('./replay.ts')).replay(places as readonly Place[], options as ReplayOptions, ground),
  },
  purge: {
    about: 'deletes for good what was replayed, or what lies before an offset',
    options: () => [
      ...whose(),
      new Option('--before <partition/offset>', 'everything before this one; may be given several times')
        .argParser(toLetters)
        .conflicts('all'),
      new Option('--all', 'everything'),
      confirming(),
      ...finding(),
    ],
    run: async (options, ground) => (await import('./purge.ts')).purge(options as PurgeOptions, ground),
  },
}

const whose = (): Option[] => [
  new Option('-t, --topic <topic>', 'the topic whose dead letters are meant'),
  new Option('--dead-letter-topic <topic>', 'where they are (default: <topic>.dead-letter, or as configured)'),
]

const which = (): Option[] => [
  new Option('-p, --partition <number>', 'of this partition of dead letters alone').argParser(toPartition),
  new Option('--since <time>', 'given up since then: 30min, 12h, 7d, or a date').argParser(toInstant),
]

const confirming = (): Option => new Option('-y, --yes', 'do not ask')

const UNITS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds since the epoch. */
function toInstant(text: string): number {
  const [, count, unit] = /^(\d{1,9})(s|min|h|d)$/.exec(text) ?? []
  if (unit !== undefined) return Date.now() - Number(count) * UNITS[unit]!
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is a time, as in 30min, 12h, 7d or 2026-01-31T12:00Z.')
  return time
}

function toLetter(text: string): Place {
  const [, partition, offset] = /^(\d{1,9})\/(\d{1,15})$/.exec(text) ?? []
  if (offset === undefined) throw new InvalidArgumentError('It is a partition and an offset, as in 0/17.')
  return { partition: Number(partition), offset: Number(offset) }
}

const toLetters = (text: string, before: readonly Place[] = []): readonly Place[] => [...before, toLetter(text)]
