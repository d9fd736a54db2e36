// On the system's clock, because it is about real time: no bound is asserted, only that others have their turn in between.

import { expect, test } from 'vitest'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Runner } from '../../src/runner/runner.ts'
import { consumerWith, defaults, describe, type Hooks, p, ScriptedEngine, values } from './rig.ts'

const spin = (ms: number) => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

async function timersDuring(hooks: (done: () => void) => Hooks): Promise<number> {
  const engine = new ScriptedEngine()
  let finished = () => {}
  const done = new Promise<void>(resolve => {
    finished = resolve
  })
  const runner = new Runner({
    consumer: consumerWith(hooks(finished)),
    description: describe('process'),
    config: defaults,
    groupId: 'g',
    instanceId: null,
    engine: engine.factory,
    bus: createBus(),
    clock: systemClock,
  })
  await runner.start()
  engine.assign(p(0))
  engine.append(p(0), values(100))
  let timers = 0
  const interval = setInterval(() => timers++, 1)
  await done
  clearInterval(interval)
  await runner.stop({ deadline: systemClock.now() + 10_000, leave: true })
  return timers
}

test('timers fire while synchronous handlers are busy', async () => {
  const timers = await timersDuring(done => ({
    process(message) {
      spin(2)
      if (message.offset === 99) done()
    },
  }))
  expect(timers).toBeGreaterThanOrEqual(3)
})

test('timers fire while asynchronous handlers are busy that wait for nothing', async () => {
  const timers = await timersDuring(done => ({
    async process(message) {
      spin(2)
      await Promise.resolve()
      if (message.offset === 99) done()
    },
  }))
  expect(timers).toBeGreaterThanOrEqual(3)
})
