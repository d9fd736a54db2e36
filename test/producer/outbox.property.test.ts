// Random topics, faults and moments against a broker that keeps what it was given: nothing is lost without a word, nothing is
// acknowledged that was not stored, and each partition's records stay in order.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OutgoingRecord, ProduceError } from '../../src/engine/engine.ts'
import { Outbox } from '../../src/producer/outbox.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'
import { asyncProperty } from '../support/property.ts'

const fault = fc.constantFrom('none', 'none', 'none', 'retriable', 'stored all the same', 'refused')
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('produce' as const), topic: fc.nat(2), count: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deliver' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(3000) }) },
)

class Broker {
  readonly stored = new Map<string, string[]>()
  readonly #faults: readonly string[]
  readonly #clock: FakeClock
  #calls = 0
  underWay = 0

  constructor(faults: readonly string[], clock: FakeClock) {
    this.#faults = faults
    this.#clock = clock
  }

  async produce(records: readonly OutgoingRecord[]): Promise<(ProduceError | undefined)[]> {
    expect(++this.underWay).toBe(1)
    await new Promise<void>(resolve => this.#clock.after(5, resolve))
    this.underWay--
    // The share of a topic is stored, or fails, as a whole.
    const fates = new Map([...new Set(records.map(({ topic }) => topic))].map(topic => [topic, this.#fate()]))
    for (const { topic, value } of records) {
      const fate = fates.get(topic)
      if (fate !== 'none' && fate !== 'stored all the same') continue
      this.stored.set(topic, [...(this.stored.get(topic) ?? []), String(value)])
    }
    return records.map(({ topic }) => {
      const fate = fates.get(topic)!
      return fate === 'none' ? undefined : Object.assign(new Error(fate), { retriable: fate !== 'refused' })
    })
  }

  #fate(): string {
    return this.#faults[this.#calls++] ?? 'none'
  }
}

test('everything queued is stored or reported, in order, and no mark says otherwise', async () => {
  const input = fc.record({
    steps: fc.array(step, { maxLength: 40 }),
    faults: fc.array(fault, { maxLength: 40 }),
    messageTimeout: fc.constantFrom(1, 500, 60_000),
  })
  await asyncProperty(input, async ({ steps, faults, messageTimeout }) => {
    const clock = new FakeClock()
    const broker = new Broker(faults, clock)
    const produced: { topic: string; value: string }[] = []
    let reported = 0
    const check = () => {
      const marked = produced.slice(0, outbox.delivered)
      const missing = marked.filter(({ topic, value }) => !broker.stored.get(topic)?.includes(value))
      expect(missing.length).toBeLessThanOrEqual(reported)
    }
    const outbox: Outbox = new Outbox({
      clock,
      messageTimeout,
      abandon: () => {},
      produce: records => broker.produce(records),
      onDelivered: check,
      onFailed({ first, count }) {
        expect(outbox.delivered).toBeLessThan(first)
        reported += count
      },
    })
    const deliveries: Promise<void>[] = []
    for (const step of steps) {
      switch (step.kind) {
        case 'produce':
          for (let count = 0; count < step.count; count++) {
            const topic = `t${step.topic}`
            const value = `v${produced.length + 1}`
            produced.push({ topic, value })
            outbox.produce(value, { topic })
          }
          break
        case 'deliver': {
          const mark = outbox.queued
          const settled = outbox.deliver().then(
            () => expect(outbox.delivered).toBeGreaterThanOrEqual(mark),
            error => expect(error.code).toBe('DELIVERY_FAILED'),
          )
          deliveries.push(settled)
          break
        }
        case 'pass':
          await clock.advance(step.ms)
          break
        default:
          step satisfies never
      }
    }
    await clock.until(() => outbox.delivered === outbox.queued)
    await Promise.all(deliveries)
    await turn()
    check()
    for (const [topic, stored] of broker.stored) {
      const firsts = [...new Set(stored)]
      const sent = produced.filter(one => one.topic === topic).map(({ value }) => value)
      expect(firsts).toEqual(sent.filter(value => firsts.includes(value)))
    }
    expect(clock.pending).toBe(0)
  })
})
