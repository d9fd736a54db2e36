// racecarctl dead-letter list: what is there, as a table or as JSON.

import { EXIT } from '../../../errors.ts'
import type { Ground } from '../ground.ts'
import { plain, type Row, table, WIDTH } from '../words.ts'
import { atBox, type Box, type BoxOptions } from './box.ts'
import { type Letter, placeOf } from './letter.ts'
import { lettersIn, look, type Picking } from './pick.ts'
import { contentOf, counted, instant, originOf, say } from './text.ts'

export interface ListOptions extends BoxOptions, Picking {
  readonly limit?: number | undefined
  readonly json?: boolean | undefined
}

const MOST_ROWS = 100

export const list = (options: ListOptions, ground: Ground): Promise<number> =>
  atBox(options, ground, box => listBox(box, options, ground))

export async function listBox(box: Box, options: ListOptions, { out }: Ground): Promise<number> {
  const { json = false, limit = json ? Number.POSITIVE_INFINITY : MOST_ROWS } = options
  const { bounds, progress } = await look(box)
  const rows: Row[] = []
  let count = 0
  let replayed = 0
  let isMore = false
  for await (const { letter } of lettersIn(box, bounds, options)) {
    if (count === limit) {
      isMore = true
      break
    }
    const isReplayed = progress.get(letter.partition)!.has(letter.record.offset)
    count++
    if (isReplayed) replayed++
    if (json) out.write(`${JSON.stringify(toJson(letter, isReplayed))}\n`)
    else rows.push(rowOf(letter, isReplayed), errorOf(letter))
  }
  if (json) return EXIT.clean
  if (rows.length > 0) out.write(`${table(COLUMNS, rows)}\n`)
  const sum = isMore ? `The first ${count} in ${box.topic}` : `${counted(count, 'dead letter')} in ${box.topic}`
  out.write(`${sum}, ${replayed} of them replayed.${isMore ? ' --limit shows more.' : ''}\n`)
  return EXIT.clean
}

const COLUMNS = [
  { title: 'LETTER' },
  { title: 'GIVEN UP' },
  { title: 'FROM', least: 20 },
  { title: 'ATTEMPTS', align: 'right' },
  { title: 'REPLAYED' },
  { title: 'KEY', least: 8 },
] as const

function rowOf(letter: Letter, isReplayed: boolean): string[] {
  const { record, attempts, replays } = letter
  const before = replays > 0 ? `${replays}× before` : ''
  return [
    placeOf(letter),
    instant(record.timestamp).slice(0, 19).replace('T', ' '),
    plain(originOf(letter), 300),
    attempts === null ? '–' : String(attempts),
    [isReplayed ? 'yes' : '', before].filter(Boolean).join(', ') || 'no',
    plain(say(contentOf(record.key))),
  ]
}

const errorOf = ({ error }: Letter): string => plain((error ?? '–').trim().split(/[\r\n]/, 1)[0]!, WIDTH - 2)

function toJson({ partition, record, origin, written, ...rest }: Letter, replayed: boolean): object {
  const { offset, timestamp, key } = record
  const { error, attempts, group, consumer, replays } = rest
  return {
    partition,
    offset,
    timestamp: instant(timestamp),
    origin: origin ? { ...origin, timestamp: written } : null,
    ...{ attempts, error, group, consumer, replays, replayed },
    key: contentOf(key),
  }
}
