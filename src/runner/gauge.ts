// Takes the figures of a worker and hands them to the consumer's statisticsCallback, every so often and never twice at a time. Where the
// consumer has none nothing is listened to and nothing counted.

import type { GroupStatistics, PartitionStatistics, Statistics } from '../consumer/statistics.ts'
import type { Engine } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { groupBy } from '../lib/group-by.ts'
import type { Outbox } from '../producer/outbox.ts'
import type { Attempt } from './attempt.ts'
import type { Lane } from './lane.ts'

export interface GaugeParts {
  readonly clock: Clock
  readonly bus: Bus
  /** Milliseconds. */
  readonly interval: number
  readonly who: Pick<Statistics, 'consumer' | 'clientId'> &
    Pick<GroupStatistics, 'instanceId'> & { readonly groupId: string }
  readonly engine: () => Pick<Engine, 'beatAgo' | 'statistics'>
  readonly outbox: Pick<Outbox, 'queued' | 'delivered' | 'waiting' | 'waitingBytes'>
  /** How many of its messages were given up. */
  readonly undelivered: () => number
  readonly lanes: () => readonly Lane[]
  readonly running: () => readonly Attempt[]
  /** Resolves, whatever becomes of it. */
  readonly tell: (statistics: Statistics) => Promise<unknown>
}

const inSeconds = (ms: number): number => ms / 1000
const secondsOrNull = (ms: number | null): number | null => (ms === null ? null : ms / 1000)

export class Gauge {
  readonly #parts: GaugeParts
  #cancel: Cancel = () => {}
  #isStarted = false
  #isStopped = false
  #isTelling = false
  #membership: Pick<GroupStatistics, 'state' | 'memberId' | 'generation'> = {
    state: 'out',
    memberId: '',
    generation: -1,
  }
  #joins = 0
  #failed = 0
  #cpuMs = 0
  #cpuAt = 0

  constructor(parts: GaugeParts) {
    this.#parts = parts
  }

  start(): void {
    if (this.#isStarted || this.#isStopped) return
    this.#isStarted = true
    this.#listen()
    this.#cpuAt = this.#parts.clock.now()
    this.#cpuMs = cpuMs()
    this.#wait(this.#cpuAt + this.#parts.interval)
  }

  /** Nobody is told anything any more. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  #listen(): void {
    const { bus } = this.#parts
    const become = (state: GroupStatistics['state']) => () => {
      this.#membership = { ...this.#membership, state }
    }
    bus.on('group.joining', become('joining'))
    bus.on('group.rebalancing', become('joining'))
    bus.on('group.lost', become('out'))
    bus.on('group.left', become('out'))
    bus.on('group.joined', ({ memberId, generation }) => {
      this.#joins++
      this.#membership = { state: 'stable', memberId, generation }
    })
    bus.on('message.failed', () => {
      this.#failed++
    })
  }

  #wait(due: number): void {
    const { clock, interval } = this.#parts
    this.#cancel = clock.after(due - clock.now(), () => {
      const late = Math.max(0, clock.now() - due)
      // What was missed is not made up for.
      this.#wait(clock.now() - (late % interval) + interval)
      if (!this.#isTelling) void this.#tell(late)
    })
  }

  async #tell(late: number): Promise<void> {
    this.#isTelling = true
    try {
      await this.#parts.tell(this.#take(late))
    } finally {
      this.#isTelling = false
    }
  }

  #take(late: number): Statistics {
    const { clock, who, engine, outbox, undelivered, lanes, running } = this.#parts
    const { consumer, clientId, groupId, instanceId } = who
    const { queued, delivered: settled, waiting, waitingBytes } = outbox
    const inHand = running().map(attempt => attempt.forMs(clock.now()))
    return {
      at: clock.epoch(),
      consumer,
      clientId,
      group: {
        id: groupId,
        instanceId,
        ...this.#membership,
        joins: this.#joins,
        beatAgo: secondsOrNull(engine().beatAgo()),
      },
      topics: byTopic(lanes()),
      producer: { queued, settled, failed: undelivered(), waiting, waitingBytes },
      brokers: engine().statistics?.().brokers ?? [],
      handler: {
        inHand: inHand.length,
        longest: inHand.length === 0 ? null : inSeconds(Math.max(...inHand)),
        failed: this.#failed,
      },
      process: {
        pid: process.pid,
        memoryBytes: process.memoryUsage.rss(),
        cpu: this.#cpu(),
        loopDelay: inSeconds(late),
      },
    }
  }

  #cpu(): number {
    const now = this.#parts.clock.now()
    const used = cpuMs()
    const share = (used - this.#cpuMs) / (now - this.#cpuAt)
    this.#cpuMs = used
    this.#cpuAt = now
    return Math.round(share * 1000) / 1000
  }
}

function byTopic(lanes: readonly Lane[]): Statistics['topics'] {
  const groups = groupBy(lanes, ({ topic }) => topic)
  return Object.fromEntries([...groups].map(([topic, all]) => [topic, byPartition(all)]))
}

const byPartition = (lanes: readonly Lane[]): Readonly<Record<number, PartitionStatistics>> =>
  Object.fromEntries(lanes.map(lane => [lane.partition, ofPartition(lane)]))

function ofPartition(lane: Lane): PartitionStatistics {
  const { position, committed, end, lag, waiting, waitingBytes, state, why, inHandForMs, pausedForMs } = lane.snapshot()
  return {
    position,
    committed,
    end,
    lag: end === null ? null : lag,
    waiting,
    waitingBytes,
    state,
    inHandFor: secondsOrNull(inHandForMs),
    pausedFor: secondsOrNull(pausedForMs),
    why,
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
