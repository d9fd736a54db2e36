// One member under trial: all its partitions' records are taken, committed every 50 ms and at each revoke, as a runner would.

import type { EngineSettings } from '../../../src/engine/engine.ts'
import type { Probe } from '../../contract/probe.ts'
import { World } from '../../contract/world.ts'
import { KafkaHarness } from '../../support/kafka-harness.ts'
import type { KafkaProxy } from '../../support/proxy.ts'

export interface Trial extends AsyncDisposable {
  readonly world: World
  readonly harness: KafkaHarness
  readonly topic: string
  /** Joins as a member that commits what it sees. */
  join(options?: JoinOptions): Promise<Member>
}

interface JoinOptions {
  readonly instance?: string
  readonly topic?: string
  readonly strategy?: 'range' | 'roundrobin' | 'cooperative-sticky'
  readonly settings?: Partial<EngineSettings>
  readonly prepare?: (probe: Probe) => void
  readonly wait?: boolean
}

export interface Member {
  readonly probe: Probe
  readonly proxy: KafkaProxy
}

interface TrialOptions {
  readonly partitions?: number
  /** The brokers, when not those that all tests share. */
  readonly at?: string
  /** Of each partition, the leader first; instead of `partitions`. */
  readonly replicas?: number[][]
}

export async function openTrial({ partitions = 2, at, replicas }: TrialOptions = {}): Promise<Trial> {
  const harness = await KafkaHarness.open(at)
  const world = new World(harness)
  const topic = replicas ? await harness.topics.create('trial', { replicas }) : await harness.createTopic(partitions)
  const ticks: NodeJS.Timeout[] = []
  return {
    world,
    harness,
    topic,
    async join({ wait = true, ...options }: JoinOptions = {}) {
      const probe = await world.begin({ topic, breakable: options.settings?.brokers === undefined, ...options })
      probe.whenRevoked = gone => settle(probe, gone)
      let busy = false
      ticks.push(
        setInterval(() => {
          if (busy || probe.over || probe.failure || probe.owned.size === 0) return
          busy = true
          void probe.commitSeen().finally(() => {
            busy = false
          })
        }, 50),
      )
      if (wait) await probe.started
      return { probe, proxy: harness.proxyOf(probe.engine) }
    },
    async [Symbol.asyncDispose]() {
      for (const tick of ticks) clearInterval(tick)
      await world.close()
      const violations = world.violations()
      if (violations.length > 0) throw new Error(violations.join('\n'))
    },
  }
}

async function settle(probe: Probe, gone: Parameters<Probe['revoked']>[0]): Promise<void> {
  while ((await probe.commitSeen(gone)).includes('retry'));
}

/** Everything that was produced was seen once and is committed. */
export async function allDone(
  { harness, world, topic }: Trial,
  members: readonly Probe[],
  count: number,
): Promise<void> {
  await harness.until(`${count} records seen`, () => distinct(members) === count)
  const ends = await Promise.all((await harness.topics.ends(topic)).map(async ({ high }) => high))
  await harness.until('committed = end', async () => {
    const committed = await harness.committed(world.groupId(), topic)
    return ends.every((end, partition) => end === 0 || committed[partition] === end)
  })
}

export const distinct = (members: readonly Probe[]): number =>
  new Set(members.flatMap(({ seen }) => seen.map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)))
    .size
