// An engine whose commits and acknowledgements fare as a test says: late, unheard, or never stored. Whatever the weather, it keeps
// to the port. When its process is dead nothing goes out any more, and nobody is answered.

import type { CommitOutcome, Engine } from '../../src/engine/engine.ts'
import { sleep } from '../../src/lib/clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { Worker } from './watched-worker.ts'

export interface Weather {
  /** What becomes of the next commit. `late`: stored, and said so late. `unheard`: stored, but the answer is lost. */
  readonly commit: () => 'well' | 'late' | 'unheard' | 'never'
  /** How late the next acknowledgement of records is, milliseconds. */
  readonly acknowledgement: () => number
}

export const FAIR: Weather = { commit: () => 'well', acknowledgement: () => 0 }

const LATE_MS = 700

export interface WeatheredParts {
  readonly clock: FakeClock
  readonly weather: Weather
  readonly worker: Pick<Worker, 'ledger' | 'undone' | 'isDead'>
}

const nothing = () => new Promise<never>(() => {})

export function weathered(engine: Engine, { clock, weather, worker }: WeatheredParts): Engine {
  const commit = engine.commit.bind(engine)
  const produce = engine.produce.bind(engine)
  engine.commit = async offsets => {
    if (worker.isDead) return nothing()
    const { ledger, undone } = worker
    ledger.committing(offsets)
    const fate = weather.commit()
    if (fate !== 'well') undone.heldUp()
    const outcomes = fate === 'never' ? await sleep(clock, 2).then(() => []) : await commit(offsets)
    if (fate === 'late') await sleep(clock, LATE_MS)
    if (worker.isDead) return nothing()
    for (const [index, at] of offsets.entries()) if (outcomes[index] === 'committed') ledger.committed(at)
    const unheard = () => offsets.map((at): CommitOutcome => (ledger.owns(at) ? 'retry' : 'lost'))
    const answers = fate === 'never' || fate === 'unheard' ? unheard() : outcomes
    if (fate !== 'well' || answers.includes('retry')) undone.heldUp(clock.now())
    return answers
  }
  engine.produce = async records => {
    if (worker.isDead) return nothing()
    const answers = await produce(records)
    const late = weather.acknowledgement()
    if (late > 0) await sleep(clock, late)
    if (worker.isDead) return nothing()
    clock.after(0, () => worker.undone.delivered())
    return answers
  }
  return engine
}
