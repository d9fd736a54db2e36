// Random lives of a whole group: workers come, go and are killed, are cut off or all lose the cluster, while handlers take their
// time, fail and produce. Whatever happens, nothing is lost and nothing is committed too early; and where nobody is killed or cut
// off, nothing is handled twice either.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sleep } from '../../src/lib/clock.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { asyncProperty } from '../support/property.ts'
import { TOPIC } from './rig.ts'
import { type Handle, OUT, Workers } from './workers.ts'

const PARTITIONS = 4
const SLOTS = 3

const slot = fc.nat(SLOTS - 1)
const ms = fc.constantFrom(0, 5, 100, 1000, 4000, 12_000)
const append = fc.record({ kind: fc.constant('append' as const), partition: fc.nat(PARTITIONS - 1), count: fc.nat(10) })
const pass = fc.record({ kind: fc.constant('pass' as const), ms })
const come = fc.record({ kind: fc.constant('start' as const), slot })
const go = fc.record({ kind: fc.constant('stop' as const), slot, leave: fc.boolean() })
const break_ = fc.oneof(
  fc.record({ kind: fc.constantFrom('kill' as const, 'cut' as const), slot }),
  fc.record({ kind: fc.constantFrom('outage' as const, 'heal' as const, 'heal' as const) }),
  fc.record({ kind: fc.constant('fault' as const), retriable: fc.boolean(), stored: fc.boolean() }),
)
const gentle = fc.oneof(
  { weight: 3, arbitrary: append },
  { weight: 5, arbitrary: pass },
  { weight: 2, arbitrary: come },
  { weight: 1, arbitrary: go },
)
const rough = fc.oneof({ weight: 3, arbitrary: gentle }, { weight: 1, arbitrary: break_ })

const handler = fc.record({
  ms: fc.constantFrom(0, 0, 20, 800),
  failures: fc.constantFrom(0, 0, 0, 1),
  delivers: fc.boolean(),
})

const life = (step: typeof rough, handler_: typeof handler) =>
  fc.record({
    strategy: fc.constantFrom('cooperative-sticky' as const, 'range' as const),
    interval: fc.constantFrom(0, 0.25, 2),
    handlers: fc.array(handler_, { minLength: 1, maxLength: 6 }),
    steps: fc.array(step, { maxLength: 40 }),
  })

type Life = ReturnType<typeof life> extends fc.Arbitrary<infer T> ? T : never

function take(workers: Workers, step: Life['steps'][number], clock: FakeClock): Promise<void> | void {
  switch (step.kind) {
    case 'append':
      return workers.append(step.partition, step.count)
    case 'pass':
      return clock.advance(step.ms)
    case 'start':
      return workers.start(step.slot)
    case 'stop':
      return workers.stop(step.slot, step.leave)
    case 'kill':
      return void workers.kill(step.slot)
    case 'cut':
      return workers.cut(step.slot)
    case 'outage':
      return workers.cluster.outage()
    case 'heal':
      return workers.heal()
    case 'fault': {
      const { retriable, stored } = step
      return workers.cluster.ingest.fail({ topic: OUT, times: 1, retriable, stored })
    }
    default:
      step satisfies never
  }
}

async function live({ strategy, interval, handlers, steps }: Life): Promise<Workers> {
  const clock = new FakeClock()
  const attempts = new Map<string, number>()
  const handle: Handle = async ([{ partition, offset }], { signal, produce, deliver }) => {
    const name = `${partition}@${offset}`
    const { ms, failures, delivers } = handlers[(partition + offset) % handlers.length]!
    const attempt = attempts.get(name) ?? 0
    attempts.set(name, attempt + 1)
    if (ms > 0) await sleep(clock, ms, signal)
    if (attempt < failures) throw new Error('told to fail')
    produce()
    if (delivers) await deliver()
  }
  const config = {
    partitionAssignmentStrategy: [strategy],
    offsetCommitInterval: interval,
    pauseTimeout: 1,
    sessionTimeout: 10,
    messageTimeout: 20,
    maxPollInterval: 60,
    rebalanceDrainTimeout: 10,
  }
  const workers = new Workers({ clock, partitions: PARTITIONS, config, handle })
  for (const step of steps) await take(workers, step, clock)
  workers.heal()
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

test('through kills, cuts, outages and failing deliveries nothing is lost and nothing is committed too early', async () => {
  await asyncProperty(life(rough, handler), async input => void (await live(input)), 60)
}, 300_000)

test('where workers only come and go, each message is handled once', async () => {
  const calm = handler.map(one => ({ ...one, failures: 0 as const }))
  await asyncProperty(
    life(gentle as typeof rough, calm),
    async input => {
      const { handled } = (await live(input)).account
      const twice = [...handled].filter(([, times]) => times > 1).map(([key]) => key)
      expect(twice, `handled twice in ${TOPIC}`).toEqual([])
    },
    60,
  )
}, 300_000)
