// Why a consumer in a test does not get on, in a sentence that names the partitions, as the error that the test fails with.

import { keyOf } from '../engine/engine.ts'
import { reasonOf } from '../lib/reason.ts'
import type { Runner, RunnerEnd } from '../runner/runner.ts'
import type { Journal } from './watched.ts'
import type { World } from './world.ts'

export interface Standing {
  readonly name: string
  readonly runner: Runner
  readonly world: World
  readonly journal: Journal
  readonly ended: RunnerEnd | undefined
}

export function standing(what: string, { name, runner, world, journal, ended }: Standing): Error {
  const behind = world.partitions.filter(at => world.committed(at) !== world.end(at))
  const places = behind.map(at => {
    const last = journal.lastError(at)
    const why = last ? `, attempt ${last.retriesCount + 1} failed: ${reasonOf(last.error)}` : ''
    return `${keyOf(at)} is committed up to ${world.committed(at) ?? 0} of ${world.end(at)}${why}`
  })
  const { produced, delivered } = runner.snapshot()
  const undelivered = produced > delivered ? [`${produced - delivered} produced messages are not delivered`] : []
  const end = ended?.error ? [ended.error.message] : []
  const cause = ended?.error ?? behind.map(at => journal.lastError(at)).find(found => found)?.error
  return new Error([`${name} ${what}`, ...end, ...places, ...undelivered].join('; '), { cause })
}
