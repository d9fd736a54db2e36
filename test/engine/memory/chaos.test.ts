// Random schedules of everything that may happen to a group at once, in virtual time. Handlers are short, commits follow them,
// and the ledger's invariants hold at the end: nothing lost, nothing twice but what an unclean end explains, never two owners.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AssignmentStrategy } from '../../../src/engine/engine.ts'
import type { Probe } from '../../contract/probe.ts'
import { range, SESSION, values, World } from '../../contract/world.ts'
import { MemoryHarness } from './harness.ts'

const PARTITIONS = 5
const SLOTS = 4

type Step =
  | { readonly do: 'join' | 'leave' | 'kill and restart' | 'cut' | 'heal' | 'kill'; readonly slot: number }
  | { readonly do: 'produce'; readonly count: number }
  | { readonly do: 'outage' | 'recover' | 'gap' }
  | { readonly do: 'wait'; readonly ms: number }

const slot = fc.nat(SLOTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('kill and restart', 'kill', 'cut', 'heal'), slot }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('produce' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('outage', 'recover', 'gap') }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 3, 20, 300, 1_000, 8_000) }),
  },
)

class Chaos {
  readonly harness = new MemoryHarness()
  readonly world = new World(this.harness)
  readonly slots: (Probe | undefined)[] = []
  readonly strategy: AssignmentStrategy
  topic = ''
  unclean = false
  #sent = 0

  constructor(strategy: AssignmentStrategy) {
    this.strategy = strategy
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.topic = await this.harness.createTopic(PARTITIONS)
    for (const next of steps) await this.#take(next)
    this.harness.cluster.recover()
    for (const probe of this.slots) if (probe) await this.harness.heal(probe.engine)
    await this.#join(0)
    await this.#join(1)
    await this.harness.clock.advance(2 * SESSION)
    await this.#take({ do: 'produce', count: 1 })
    await this.harness.until('everything to be committed', async () => {
      const committed = await this.harness.committed(this.world.groupId(), this.topic)
      return range(0, PARTITIONS).every(partition => committed[partition] === this.#log(partition).end)
    })
  }

  check(): void {
    const seen = this.world.probes.flatMap(probe => probe.seen)
    for (const partition of range(0, PARTITIONS)) {
      const offsets = seen.filter(record => record.partition === partition).map(({ offset }) => offset)
      const stored = this.#log(partition).records.map(({ offset }) => offset)
      expect([...new Set(offsets)].sort((a, b) => a - b)).toEqual(stored)
      if (!this.unclean) expect(offsets.length).toBe(stored.length)
    }
    expect(this.world.violations()).toEqual([])
    expect(this.world.probes.map(({ failure }) => failure)).toEqual(this.world.probes.map(() => undefined))
  }

  async #take(next: Step): Promise<void> {
    switch (next.do) {
      case 'produce':
        this.#sent += next.count
        for (const partition of range(0, PARTITIONS)) {
          await this.harness.produce(this.topic, partition, values(next.count, this.#sent))
        }
        return
      case 'gap':
        return this.harness.produceInvisible(this.topic, this.#sent % PARTITIONS)
      case 'wait':
        return this.harness.clock.advance(next.ms)
      case 'outage':
        this.unclean = true
        return this.harness.cluster.outage()
      case 'recover':
        return this.harness.cluster.recover()
      default:
        return this.#takeMember(next.do, next.slot)
    }
  }

  async #takeMember(what: Exclude<Step['do'], 'produce' | 'gap' | 'wait' | 'outage' | 'recover'>, slot: number) {
    const probe = this.slots[slot]
    if (what === 'join') return this.#join(slot)
    if (!probe) return
    if (what === 'heal') return this.harness.heal(probe.engine)
    if (what !== 'leave') this.unclean = true
    if (what === 'cut') {
      // Whoever is cut off learns late that others have its partitions: what it holds then is no violation.
      probe.doomed = true
      return this.harness.cut(probe.engine)
    }
    this.slots[slot] = undefined
    if (what === 'leave') return probe.leave()
    await probe.crash()
    if (what === 'kill and restart') await this.#join(slot)
  }

  async #join(slot: number): Promise<void> {
    if (this.slots[slot]) return
    this.slots[slot] = await this.world.begin({
      topic: this.topic,
      strategy: this.strategy,
      instance: `slot-${slot}`,
      maxBytesPerPartition: 200,
      prepare: probe => {
        probe.whenRevoked = gone => probe.commitSeen(gone)
        this.#commitNowAndThen(probe)
      },
    })
  }

  #commitNowAndThen(probe: Probe): void {
    this.harness.clock.after(250, async () => {
      if (probe.over || probe.failure) return
      const offsets = [...probe.owned].map(([key, { next }]) => {
        const partition = Number(key.slice(key.lastIndexOf('/') + 1))
        return { topic: this.topic, partition, offset: next }
      })
      this.#commitNowAndThen(probe)
      if (offsets.length > 0) await probe.engine.commit(offsets)
    })
  }

  #log(partition: number) {
    return this.harness.cluster.log({ topic: this.topic, partition })
  }
}

for (const strategy of ['cooperative-sticky', 'range'] as const) {
  it(`whatever happens to the members, each record is handled, and only an unclean end repeats any: ${strategy}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const chaos = new Chaos(strategy)
        try {
          await chaos.run(steps)
        } finally {
          await chaos.world.close()
        }
        chaos.check()
      }),
      { numRuns: 60 },
    )
  })
}
