// One scenario's world: a harness, a group or several, and the members that it brings to life. What it leaves behind it stops.

import type { AssignmentStrategy, EngineSettings, OutOfRange } from '../../src/engine/engine.ts'
import type { Harness } from './harness.ts'
import { type Group, Probe } from './probe.ts'

export interface MemberOptions {
  readonly topic: string
  readonly group?: string
  readonly instance?: string
  readonly strategy?: AssignmentStrategy
  readonly startFromBeginning?: boolean
  readonly maxBytesPerPartition?: number
  readonly offsetOutOfRange?: OutOfRange
  /** It may be cut off and killed. */
  readonly breakable?: boolean
  readonly settings?: Partial<EngineSettings>
  /** Before it starts: to set what the probe does. */
  readonly prepare?: (probe: Probe) => void
}

/** As short as a broker allows where nobody has told it otherwise. */
export const SESSION = 6_000

export const values = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `v${from + index}`)

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

export class World {
  readonly harness: Harness
  readonly probes: Probe[] = []
  readonly #groups = new Map<string, Group>()
  // Names must be new on a broker that earlier runs have used.
  readonly #suffix = `${Date.now().toString(36)}${Math.floor(Math.random() * 46_656).toString(36)}`

  constructor(harness: Harness) {
    this.harness = harness
  }

  get session(): number {
    return this.harness.session ?? SESSION
  }

  groupId(group = 'group'): string {
    return `contract-${group}-${this.#suffix}`
  }

  /** Made and told to start; not waited for. */
  async begin(options: MemberOptions): Promise<Probe> {
    const groupId = this.groupId(options.group)
    const settings = this.#settings(options, groupId)
    const group = this.#groups.get(groupId) ?? { owners: new Map(), violations: [] }
    this.#groups.set(groupId, group)
    const name = `member ${this.probes.length + 1}`
    const probe = new Probe({ name, settings, harness: this.harness, group })
    this.probes.push(probe)
    options.prepare?.(probe)
    const { clock } = this.harness
    const { breakable = false } = options
    probe.engine = await this.harness.engine({ settings, sink: probe, bus: probe.bus, clock }, { breakable })
    probe.started = probe.engine.start()
    probe.started.catch(() => {})
    return probe
  }

  async join(options: MemberOptions): Promise<Probe> {
    const probe = await this.begin(options)
    await this.harness.when(probe.started)
    return probe
  }

  /** Until each of these has its share, and nobody has anything left to give up. */
  async balanced(shares: readonly (readonly [Probe, number])[]): Promise<void> {
    const settled = () => shares.every(([probe, share]) => probe.owned.size === share)
    await this.harness.until(`shares of ${shares.map(([, share]) => share).join(', ')}`, settled)
  }

  violations(): string[] {
    return [...this.#groups.values()].flatMap(({ violations }) => violations)
  }

  async close(): Promise<void> {
    for (const probe of this.probes) {
      probe.whenRevoked = () => undefined
      await probe.stop(!probe.doomed, probe.doomed ? 0 : 2_000)
    }
    await this.harness.close()
  }

  #settings(options: MemberOptions, groupId: string): EngineSettings {
    const { topic, instance, strategy = 'cooperative-sticky', startFromBeginning = true } = options
    return {
      brokers: [],
      tls: null,
      sasl: null,
      clientId: 'contract',
      groupId,
      instanceId: instance === undefined ? null : `${instance}-${this.#suffix}`,
      subscriptions: [{ topic, startFromBeginning, maxBytesPerPartition: options.maxBytesPerPartition ?? 1_048_576 }],
      strategies: [strategy],
      offsetOutOfRange: options.offsetOutOfRange ?? 'earliest',
      sessionTimeout: this.session,
      heartbeatInterval: 300,
      rebalanceTimeout: 20_000,
      fetchMinBytes: 1,
      maxBytes: 10_485_760,
      maxWaitTime: 250,
      socketTimeout: 5_000,
      metadataMaxAge: 1_000,
      partitioner: 'consistent_random',
      idempotent: true,
      compression: 'none',
      ...options.settings,
    }
  }
}
