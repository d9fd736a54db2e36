// racecarctl dead-letter purge: deletes for good. Kafka deletes from the start of a partition up to an offset and nothing else, so
// what was replayed is kept as long as something before it was not.

import type { PartitionOffset } from '../../../engine/engine.ts'
import type { Bounds } from '../../../engine/kafkajs/reader.ts'
import { EXIT } from '../../../errors.ts'
import { asSentence } from '../../../lib/sentence.ts'
import type { Ground } from '../ground.ts'
import { atBox, type Box, type BoxOptions } from './box.ts'
import { refusal } from './confirm.ts'
import { type Holding, look, type Place } from './pick.ts'
import { counted } from './text.ts'

export interface PurgeOptions extends BoxOptions {
  readonly before?: readonly Place[] | undefined
  readonly all?: boolean | undefined
  readonly yes?: boolean | undefined
}

export const purge = (options: PurgeOptions, ground: Ground): Promise<number> =>
  atBox(options, ground, box => purgeBox(box, options, ground))

export async function purgeBox(box: Box, options: PurgeOptions, ground: Ground): Promise<number> {
  const { out, err } = ground
  const holding = await look(box)
  const unknown = options.before?.find(place => !holding.bounds.some(one => isWithin(one, place)))
  if (unknown) {
    err.write(`racecarctl: ${box.topic} has no ${unknown.partition}/${unknown.offset}.\n`)
    return EXIT.failure
  }
  const targets = holding.bounds
    .map(bounds => ({ bounds, before: endFor(bounds, holding, options) }))
    .filter(({ bounds, before }) => before > bounds.start)
  if (!options.before && !options.all) tellKept(holding, ground)
  const total = targets.reduce((sum, { bounds, before }) => sum + before - bounds.start, 0)
  const where = targets.map(({ bounds, before }) => `${bounds.partition}/${before}`).join(', ')
  const question = `Delete for good what ${box.topic} holds before ${where} (${counted(total, 'offset')})?`
  const no = total > 0 && (await refusal(question, options, ground))
  if (no) return no
  const deletions = await box.remove(
    targets.map(({ bounds: { topic, partition }, before: offset }): PartitionOffset => ({ topic, partition, offset })),
  )
  const failed = deletions.filter(({ error }) => error)
  for (const { before, error } of failed)
    err.write(`racecarctl: ${before.partition}/${before.offset}: ${asSentence(reasonFor(error!))}\n`)
  const done = deletions.filter(({ error }) => !error).map(({ before }) => `${before.partition}/${before.offset}`)
  out.write(`${box.topic}: ${done.length > 0 ? `deleted what was before ${done.join(', ')}` : 'nothing is deleted'}.\n`)
  return failed.length === 0 ? EXIT.clean : EXIT.failure
}

const isWithin = ({ partition, start, end }: Bounds, place: Place): boolean =>
  place.partition === partition && start <= place.offset && place.offset <= end

function endFor({ partition, start, end }: Bounds, { progress }: Holding, { before, all }: PurgeOptions): number {
  if (all) return end
  if (!before) return progress.get(partition)!.position
  return Math.max(start, ...before.filter(place => place.partition === partition).map(({ offset }) => offset))
}

function tellKept({ progress }: Holding, { err }: Ground): void {
  const kept = [...progress.values()].reduce((sum, { beyond }) => sum + beyond, 0)
  if (kept > 0) err.write(`racecarctl: ${kept} replayed are kept, for what lies before them was not.\n`)
}

function reasonFor(error: Error): string {
  const { code } = error as { code?: unknown }
  if (code === 'POLICY_VIOLATION')
    return 'the broker deletes no records of this topic, since its cleanup.policy is compact; with compact,delete or delete it would'
  if (code === 'TOPIC_AUTHORIZATION_FAILED')
    return 'the broker does not allow it: the ACL Delete of the topic is needed'
  return error.message
}
