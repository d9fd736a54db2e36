// Random lives of a group whose workers are killed again and again, at any instant, and replaced under the same instance id, while
// partitions are added, and commits and acknowledgements are late, unheard or fail. The replacement goes on where the dead worker
// stopped: nothing is skipped, and nothing is handled again but what was in hand or had been finished within the commit interval.

import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { sleep } from '../../src/lib/clock.ts'
import { Chance } from '../support/chaos/chance.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { asyncProperty } from '../support/property.ts'
import { type Handle, OUT, Workers } from './workers.ts'

const PARTITIONS = 3
const MOST_PARTITIONS = 6
const SLOTS = 3

const slot = fc.nat(SLOTS - 1)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      partition: fc.nat(20),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 2, 3, 7, 40, 260, 1000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('die' as const), slot, replacedAfter: fc.constantFrom(0, 0, 40, 900) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('come' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('go' as const), slot, leave: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('refuse' as const), retriable: fc.boolean(), stored: fc.boolean() }),
  },
)

const history = fc.record({
  handler: fc.constantFrom('process' as const, 'processBatch' as const),
  strategy: fc.constantFrom('cooperative-sticky' as const, 'range' as const),
  startFromBeginning: fc.boolean(),
  interval: fc.constantFrom(0, 0.25, 0.25, 2),
  synchronous: fc.constantFrom(false, false, true),
  /** How often a message that fails is tried again before it is a dead letter; for ever where it is left out. */
  retryTimes: fc.constantFrom(undefined, undefined, 0, 1),
  bisect: fc.boolean(),
  handlers: fc.array(
    fc.record({
      ms: fc.constantFrom(0, 0, 4, 30, 400),
      /** How many attempts fail before one succeeds. */
      failures: fc.constantFrom(0, 0, 0, 1, 2),
      produces: fc.constantFrom(0, 1, 2),
      delivers: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  commits: fc.array(
    fc.constantFrom('well' as const, 'well' as const, 'late' as const, 'unheard' as const, 'never' as const),
    {
      maxLength: 12,
    },
  ),
  acknowledgements: fc.array(fc.constantFrom(0, 0, 3, 300, 2500), { maxLength: 12 }),
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
  /** What the product draws by chance, back-off, is part of the history. */
  chance: fc.nat(),
})

type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const CONFIG = {
  pauseTimeout: 0.1,
  sessionTimeout: 10,
  messageTimeout: 2,
  metadataMaxAge: 1,
  idempotent: true,
  fetchMessages: 4,
  maxWaitTime: 0.1,
  rebalanceDrainTimeout: 10,
}

function handlerOf({ handlers }: History, clock: FakeClock): Handle {
  const attempts = new Map<string, number>()
  return async ([{ partition, offset }], { signal, produce, deliver }) => {
    const { ms, failures, produces, delivers } = handlers[(partition + offset) % handlers.length]!
    const attempt = attempts.get(`${partition}@${offset}`) ?? 0
    attempts.set(`${partition}@${offset}`, attempt + 1)
    for (let count = 0; count < produces; count++) produce()
    if (ms > 0) await sleep(clock, ms, signal)
    if (attempt < failures) throw new Error('told to fail')
    if (delivers) await deliver()
  }
}

function take(workers: Workers, step: History['steps'][number], clock: FakeClock): Promise<void> | void {
  switch (step.kind) {
    case 'append':
      return workers.append(step.partition % workers.partitions, step.count)
    case 'pass':
      return clock.advance(step.ms)
    case 'die': {
      const { slot, replacedAfter } = step
      if (!workers.kill(slot)) return
      clock.after(replacedAfter, () => workers.start(slot))
      return
    }
    case 'come':
      return workers.start(step.slot)
    case 'go':
      return workers.stop(step.slot, step.leave)
    case 'grow':
      return workers.partitions < MOST_PARTITIONS ? workers.grow() : undefined
    case 'refuse':
      return workers.cluster.ingest.fail({ topic: OUT, times: 1, retriable: step.retriable, stored: step.stored })
    default:
      step satisfies never
  }
}

async function live(given: History): Promise<Workers> {
  const { handler, strategy, startFromBeginning, interval, synchronous, retryTimes, bisect } = given
  const { commits, acknowledgements, steps } = given
  const chance = new Chance(given.chance)
  vi.spyOn(Math, 'random').mockImplementation(() => chance.next())
  const clock = new FakeClock()
  const [fates, delays] = [commits.values(), acknowledgements.values()]
  const workers = new Workers({
    clock,
    partitions: PARTITIONS,
    config: {
      ...CONFIG,
      ...{ retryTimes, retryThen: 'dead-letter', bisect },
      ...{ partitionAssignmentStrategy: [strategy] },
      ...{ offsetCommitInterval: interval, synchronousCommits: synchronous },
    },
    handle: handlerOf(given, clock),
    handler,
    startFromBeginning,
    weather: { commit: () => fates.next().value ?? 'well', acknowledgement: () => delays.next().value ?? 0 },
  })
  for (let partition = 0; partition < PARTITIONS; partition++) workers.append(partition, 3 * partition)
  workers.start(0)
  await clock.when(workers.alive[0]!.joined)
  workers.start(1)
  for (const one of steps) await take(workers, one, clock)
  workers.start(0)
  while (!workers.isDone && workers.violations.length === 0) {
    expect(clock.now(), 'everything is committed in the end').toBeLessThan(1_800_000)
    await clock.advance(500)
    // Who has ended, and was the last, is replaced.
    workers.start(0)
  }
  await clock.when(workers.exits())
  expect(workers.violations).toEqual([])
  return workers
}

afterEach(() => void vi.restoreAllMocks())

test('whoever is killed at whatever instant, its replacement skips nothing, and repeats what was in hand or just finished', async () => {
  await asyncProperty(history, async given => void (await live(given)), 300)
}, 300_000)

test('whoever is killed while it gives a message up, that is not lost, and at most stored once more', async () => {
  const clock = new FakeClock()
  const config = { retryTimes: 1, retryThen: 'dead-letter' as const, pauseTimeout: 0.1, offsetCommitInterval: 0.01 }
  const seen = new Set<number>()
  for (let afterMs = 0; afterMs < 140; afterMs++) {
    let failures = 0
    const handle: Handle = async ([{ offset }]) => {
      if (offset !== 1) return
      failures++
      throw new Error('told to fail')
    }
    const workers = new Workers({ clock, partitions: 1, config, handle })
    workers.append(0, 3)
    workers.start(0)
    await clock.until(() => failures === 1)
    await clock.advance(afterMs)
    workers.kill(0)
    workers.start(0)
    await clock.until(() => workers.isDone)
    expect(workers.violations).toEqual([])
    const [[message, letters], ...others] = [...workers.account.buried] as [[string, number]]
    expect([message, others]).toEqual(['orders/0@1', []])
    seen.add(letters)
    workers.stop(0, true)
    await clock.when(workers.exits())
  }
  expect(seen).toEqual(new Set([1, 2]))
})

test('of a killed worker, what was in hand and what had been finished since the commit is handled again, and nothing else', async () => {
  const clock = new FakeClock()
  const config = { offsetCommitInterval: 0.25 }
  const workers = new Workers({ clock, partitions: 1, config, handle: () => sleep(clock, 100) })
  workers.append(0, 10)
  workers.start(0)
  await clock.until(() => workers.account.committed.get('orders/0') === 3)
  await clock.until(() => workers.account.handled.size === 5)
  workers.kill(0)
  workers.start(0)
  await clock.until(() => workers.isDone)
  expect(workers.left).toEqual({ inHand: 1, finished: 2 })
  const twice = [...workers.account.handled].filter(([, times]) => times > 1).map(([message]) => message)
  expect(twice).toEqual(['orders/0@3', 'orders/0@4'])
  expect(workers.violations).toEqual([])
})
