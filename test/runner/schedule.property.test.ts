// Random lives of a runner: handlers of all kinds, partitions that come and go at any moment, a lease that runs out, commits and
// deliveries that fail in every way the port allows. The ledger watches; in the end everything must be handled and committed.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../src/consumer/message.ts'
import {
  type CommitOutcome,
  keyOf,
  type OutgoingRecord,
  type PartitionOffset,
  type ProduceError,
} from '../../src/engine/engine.ts'
import { asyncProperty } from '../support/property.ts'
import { type Call, Ledger } from './ledger.ts'
import { p, produceError, Rig, values } from './rig.ts'

const PARTITIONS = 3

/** What a message takes at most when nothing but its handler fails: three calls of the longest, and what lies between them. */
const LONGEST_MS = 3 * 7_000

const behaviour = fc.record({
  mode: fc.constantFrom('sync', 'sync', 'async', 'slow', 'deaf'),
  /** How many attempts fail before one succeeds. */
  failures: fc.constantFrom(0, 0, 0, 0, 1, 2),
  ms: fc.constantFrom(0, 10, 900, 6000, 6000),
  produces: fc.constantFrom(0, 0, 1, 3),
  delivers: fc.boolean(),
})

const partition = fc.nat(PARTITIONS - 1)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), partition, count: fc.nat(12) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 50, 700, 5000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('revoke' as const, 'lose' as const), partition }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('assign' as const, 'bounce' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lease' as const), holds: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('quiet' as const), all: fc.boolean(), but: fc.subarray([0, 1, 2]) }),
  },
)

const schedule = fc.record({
  handler: fc.constantFrom('process' as const, 'process' as const, 'processBatch' as const),
  serial: fc.constantFrom(false, false, true),
  offsetCommitInterval: fc.constantFrom(0, 0.25, 3),
  synchronousCommits: fc.constantFrom(false, false, true),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 12 }),
  steps: fc.array(step, { maxLength: 60 }),
  commits: fc.array(
    fc.record({
      /** A coordinator stores it soon or late, and the answer may take its time either way. */
      stored: fc.constantFrom('at once', 'at last', 'at last', 'never'),
      ms: fc.constantFrom(2, 2, 1500),
      answer: fc.constantFrom('heard', 'heard', 'unheard', 'lost'),
    }),
    { maxLength: 30 },
  ),
  deliveries: fc.array(fc.constantFrom('ok', 'ok', 'retriable', 'stored but retriable', 'refused', 'refused', 'slow'), {
    maxLength: 30,
  }),
})

/** The fate of a commit when nothing fails. */
const WELL = { stored: 'at last', ms: 2, answer: 'heard' } as const

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never

class Life {
  readonly rig: Rig
  readonly ledger: Ledger
  readonly #schedule: Schedule
  readonly #attempts = new Map<string, number>()
  readonly #revoking = new Set<number>()
  readonly #stored = new Map<number, number>()
  /** Up to where this owner of a partition has heard that it is stored. */
  readonly #answered = new Map<number, number>()
  readonly #ends: number[] = Array(PARTITIONS).fill(0)
  readonly #revocations: Promise<void>[] = []
  #records = 0
  #commits = 0
  #commitsUnderWay = 0
  #deliveries = 0
  #isBroken = true
  #quiet: readonly number[] = []

  constructor(schedule: Schedule) {
    const { serial, handler, offsetCommitInterval, synchronousCommits } = schedule
    this.#schedule = schedule
    const handle = (messages: readonly Message[], signal: () => AbortSignal) => this.#handle(messages, signal)
    const hooks =
      handler === 'process'
        ? { process: (m: Message, c: { signal: AbortSignal }) => handle([m], () => c.signal) }
        : { processBatch: (ms: readonly Message[], c: { signal: AbortSignal }) => handle(ms, () => c.signal) }
    const times = {
      rebalanceDrainTimeout: 3,
      maxPollInterval: 60,
      messageTimeout: 2,
      pauseTimeout: 1,
      maxWaitTime: 0.2,
    }
    this.rig = new Rig(hooks, {
      config: { ...times, serial, offsetCommitInterval, synchronousCommits, fetchMessages: 4, prefetchMaxBytes: 1024 },
    })
    const { engine } = this.rig
    engine.batchSize = 5
    this.ledger = new Ledger({ serial, mayStart: () => engine.lease })
    this.rig.bus.on('delivery.failed', () => this.ledger.deliveryFailed())
    engine.onCommit = offsets => this.#commit(offsets)
    engine.onProduce = records => this.#produce(records)
  }

  async live(): Promise<void> {
    await this.rig.runner.initialize()
    await this.rig.runner.start()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      this.#assign(partition)
      await this.#take({ kind: 'append', partition, count: 5 })
    }
    for (const step of this.#schedule.steps) await this.#take(step)
    await this.#comeToRest()
    expect(this.ledger.violations).toEqual([])
  }

  async #take(step: Schedule['steps'][number]): Promise<void> {
    const { engine, clock } = this.rig
    switch (step.kind) {
      case 'append':
        this.#ends[step.partition]! += step.count
        return engine.append(p(step.partition), values(step.count))
      case 'pass':
        return clock.advance(step.ms)
      case 'assign':
        return this.#assign(step.partition)
      case 'revoke':
        return this.#revoke(step.partition)
      case 'lose':
        return this.#lose(step.partition)
      case 'bounce':
        this.#lose(step.partition)
        return this.#assign(step.partition)
      case 'lease':
        engine.lease = step.holds
        return
      case 'quiet':
        return this.#beQuiet(step)
      default:
        step satisfies never
    }
  }

  #beQuiet({ all, but }: { all: boolean; but: readonly number[] }): void {
    this.#quiet = [0, 1, 2].filter(partition => all !== but.includes(partition))
    this.rig.runner.quiet({ all, except: but.map(partition => keyOf(p(partition))) })
  }

  #assign(partition: number): void {
    if (this.ledger.owns(p(partition))) return
    const at = { ...p(partition), offset: this.#stored.get(partition) ?? 0 }
    this.ledger.assigned(at)
    this.#answered.set(partition, at.offset)
    this.rig.engine.assign(at)
  }

  #revoke(partition: number): void {
    if (!this.ledger.owns(p(partition)) || this.#revoking.has(partition)) return
    this.#revoking.add(partition)
    this.ledger.revoking(p(partition))
    const over = this.rig.engine.revoke(p(partition)).then(() => {
      // It may have been lost, and may even have come back, in the meantime.
      if (this.#revoking.delete(partition)) this.ledger.gone(p(partition))
    })
    this.#revocations.push(over)
  }

  #lose(partition: number): void {
    if (!this.ledger.owns(p(partition))) return
    this.#revoking.delete(partition)
    this.ledger.gone(p(partition))
    this.rig.engine.lose(p(partition))
  }

  #handle(messages: readonly Message[], signal: () => AbortSignal): unknown {
    const [first] = messages as readonly [Message]
    const offsets = messages.map(({ offset }) => offset)
    const key = `${first.partition}@${first.offset}`
    const attempt = this.#attempts.get(key) ?? 0
    this.#attempts.set(key, attempt + 1)
    const { behaviours } = this.#schedule
    const { mode, failures, ms, produces, delivers } = behaviours[(first.offset + first.partition) % behaviours.length]!
    if (this.#quiet.includes(first.partition)) this.ledger.violations.push(`${key} started although it is quiet`)
    if (this.#schedule.synchronousCommits && first.offset > this.#answered.get(first.partition)!)
      this.ledger.violations.push(`${key} started before the commit of what was handled before it had been answered`)
    const call = this.ledger.begin(p(first.partition), offsets)
    for (let count = 0; count < produces; count++) this.#send(call)
    const conclude = () => {
      this.ledger.end(call, attempt < failures ? 'failed' : 'handled')
      if (attempt < failures) throw new Error('told to fail')
    }
    if (mode === 'sync') return conclude()
    const wait = mode === 'async' ? Promise.resolve() : this.#wait(ms, mode === 'slow' ? signal() : undefined)
    return wait
      .then(() => (delivers ? this.rig.consumer.deliver() : undefined))
      .catch(error => {
        this.ledger.end(call, 'failed')
        throw error
      })
      .then(conclude)
  }

  #send(call: Call): void {
    const name = `${call.of.partition}:${call.offsets[0]}:${this.#records++}`
    call.produced.push(name)
    this.rig.consumer.produce(name, { topic: `out-${this.#records % 2}` })
  }

  #wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.rig.clock.after(ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  /**
   * What is under way when its partition goes may have been stored before, and is not stored afterwards: a coordinator takes no
   * commit of an older generation, and a position is asked for in the new one. The answer may come at any time.
   */
  async #commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    const ownerships = this.ledger.committing(offsets)
    if (++this.#commitsUnderWay > 1) this.ledger.violations.push('two commits at once')
    const { stored, ms, answer } = (this.#isBroken && this.#schedule.commits[this.#commits++]) || WELL
    const areStored = offsets.map(at => stored === 'at once' && this.#store(at))
    await this.#wait(ms)
    this.#commitsUnderWay--
    if (answer === 'lost') this.#lose(offsets[0]!.partition)
    return offsets.map((at, index) => {
      const isStored = areStored[index] || (stored === 'at last' && !ownerships[index]?.hasEnded && this.#store(at))
      if (isStored && answer === 'heard') {
        if (!ownerships[index]?.hasEnded) this.#answered.set(at.partition, at.offset)
        return 'committed'
      }
      return this.ledger.owns(at) ? 'retry' : 'lost'
    })
  }

  #store(at: PartitionOffset): true {
    this.#stored.set(at.partition, at.offset)
    this.ledger.committed(at)
    return true
  }

  async #produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    const fate = (this.#isBroken && this.#schedule.deliveries[this.#deliveries++]) || 'ok'
    await this.#wait(fate === 'slow' ? 2500 : 2)
    if (fate !== 'retriable' && fate !== 'refused') for (const { value } of records) this.ledger.stored(String(value))
    if (fate === 'ok' || fate === 'slow') return records.map(() => undefined)
    return records.map(() => produceError(fate, fate !== 'refused'))
  }

  /** Nothing fails any more, and all partitions are ours: then everything is handled, delivered and committed. */
  async #comeToRest(): Promise<void> {
    const { clock, engine, runner } = this.rig
    this.#isBroken = false
    engine.lease = true
    this.#beQuiet({ all: false, but: [] })
    const isDone = () => {
      // One that a commit found lost, or that is just being given up, comes back.
      for (let partition = 0; partition < PARTITIONS; partition++) this.#assign(partition)
      return this.#ends.every((end, partition) => (this.#stored.get(partition) ?? 0) === end)
    }
    const until = clock.now() + 60_000 + this.#ends.reduce((sum, end) => sum + end, 0) * LONGEST_MS
    while (this.ledger.violations.length === 0 && !isDone()) {
      expect(clock.now(), 'everything is committed in the end').toBeLessThan(until)
      await clock.advance(100)
    }
    await clock.when(Promise.all(this.#revocations))
    await clock.advance(10_000)
    isDone()
    await clock.advance(10_000)
    expect(
      runner
        .snapshot()
        .lanes.map(({ position }) => position)
        .toSorted(),
    ).toEqual(this.#ends.toSorted())
    expect(await clock.when(this.rig.stop())).toEqual({ clean: true })
    expect(await runner.done).toEqual({ exitCode: 0 })
    expect(clock.pending).toBe(0)
  }
}

test('whatever happens, nothing is lost, skipped, out of order or committed too early', async () => {
  await asyncProperty(schedule, input => new Life(input).live(), 150)
}, 300_000)
