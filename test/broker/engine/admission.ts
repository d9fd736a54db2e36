// What comes of being let in by a broker, or not: one attempt, and what a member does that is in.

import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { EngineSettings } from '../../../src/engine/engine.ts'
import { Brokers, type BrokersParts } from '../../../src/engine/kafkajs/brokers.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { values } from '../../contract/world.ts'
import { allDone, openTrial } from './member.ts'

type Who = Pick<BrokersParts, 'tls' | 'sasl'>

export interface Attempt {
  readonly reached?: string
  readonly error?: unknown
  /** That a broker cannot be reached. */
  readonly told: readonly string[]
}

export async function reach(address: string, who: Partial<Who>, socketTimeout = 5_000): Promise<Attempt> {
  const bus = createBus()
  const told: string[] = []
  bus.on('broker.unreachable', ({ error }) => told.push(error.message))
  const parts = { clientId: 'test', tls: null, sasl: null, socketTimeout, bus, clock: systemClock }
  const brokers = new Brokers({ ...parts, ...who, brokers: [address] })
  try {
    const link = await brokers.any()
    return { reached: link.address, told }
  } catch (error) {
    return { error, told }
  } finally {
    brokers.close()
  }
}

const record = (topic: string, value: string) => {
  return { topic, partition: 1, key: null, value: Buffer.from(value), headers: [] }
}

/** `at`: where tests reach the same Kafka. */
export async function doesAll(at: string, settings: Partial<EngineSettings>): Promise<void> {
  await using trial = await openTrial({ at })
  const { probe } = await trial.join({ settings })
  await trial.harness.produce(trial.topic, 0, values(10))
  await allDone(trial, [probe], 10)
  expect(await probe.engine.produce([record(trial.topic, 'sent')])).toEqual([undefined])
  await trial.harness.until('its own record', () => probe.values(1).length === 1)
}

/** The session ends three times, for the broker as well as for us, and nobody notices. */
export async function outlives(sessionMs: number, at: string, settings: Partial<EngineSettings>): Promise<void> {
  await using trial = await openTrial({ at })
  const { probe } = await trial.join({ settings })
  const end = performance.now() + 3.3 * sessionMs
  let sent = 0
  while (performance.now() < end) {
    const all = values(10).map(value => record(trial.topic, value))
    expect(await probe.engine.produce(all)).toEqual(all.map(() => undefined))
    sent += all.length
    await wait(20)
  }
  await allDone(trial, [probe], sent)
  expect(probe.seen).toHaveLength(sent)
  expect(probe.events('broker.unreachable')).toEqual([])
  expect(probe.events('line').filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
  expect(probe.events('group.joined')).toHaveLength(1)
}
