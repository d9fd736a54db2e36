// racecarctl dead-letter show: all about one dead letter, or the bytes of its value alone.

import { EXIT } from '../../../errors.ts'
import { ownHeaders } from '../../../runner/dead-letter.ts'
import type { Ground } from '../ground.ts'
import { atBox, type Box, type BoxOptions } from './box.ts'
import type { Letter } from './letter.ts'
import { letterAt, look, type Place } from './pick.ts'
import { contentOf, counted, harmless, instant, originOf, say } from './text.ts'

export interface ShowOptions extends BoxOptions {
  readonly raw?: boolean | undefined
}

export const show = (place: Place, options: ShowOptions, ground: Ground): Promise<number> =>
  atBox(options, ground, box => showOf(box, place, options, ground))

export async function showOf(box: Box, place: Place, { raw = false }: ShowOptions, ground: Ground): Promise<number> {
  const { partition, offset } = place
  const { bounds, progress } = await look(box)
  const isHeld = bounds.some(one => one.partition === partition && one.start <= offset && offset < one.end)
  const letter = isHeld ? await letterAt(box, place) : undefined
  if (!letter) {
    ground.err.write(`racecarctl: there is no dead letter ${box.topic}/${partition}@${offset}.\n`)
    return EXIT.failure
  }
  if (raw) ground.out.write(letter.record.value ?? '')
  else ground.out.write(harmless(sayAll(box.topic, letter, progress.get(partition)!.has(offset))))
  return EXIT.clean
}

function sayAll(topic: string, letter: Letter, isReplayed: boolean): string {
  const { partition, record, written, error, attempts, group, consumer, replays } = letter
  const { offset, timestamp, key, value, headers } = record
  const isText = typeof contentOf(value) === 'string'
  const lines = [
    `${topic}/${partition}@${offset}, given up at ${instant(timestamp)}`,
    `from      ${originOf(letter)}, written at ${written ?? '–'}`,
    `by        ${consumer ?? '–'} in the group ${group ?? '–'}, attempts: ${attempts ?? '–'}`,
    `error     ${(error ?? '–').trim().replaceAll('\n', '\n          ')}`,
    `replayed  ${isReplayed ? 'yes' : 'no'}${replays > 0 ? `, and ${counted(replays, 'time')} before` : ''}`,
    `key       ${say(contentOf(key))}`,
    ...ownHeaders(headers).map(([name, content]) => `header    ${name}: ${say(contentOf(content))}`),
    value === null ? 'no value' : `value     ${value.length} bytes${isText ? '' : ', in base64'}:`,
  ]
  const content = contentOf(value)
  const body = content === null ? '' : typeof content === 'string' ? `${content}\n` : `${content.base64}\n`
  return `${lines.join('\n')}\n${body}`
}
