// Faults that a test orders of an embedded Kafka: errors in answers, answers that come late, leaders, coordinators and brokers that move.

import type { Call } from './protocol.ts'

export interface Fault {
  /** Kafka's names of the requests: `Heartbeat`, `Fetch`, `OffsetCommit` …; at least one. */
  readonly requests: readonly string[]
  /** Only what concerns this group, topic, these partitions or brokers. */
  readonly group?: string
  readonly topic?: string
  readonly partitions?: readonly number[]
  readonly nodes?: readonly number[]
  /** Kafka's name, such as `REBALANCE_IN_PROGRESS`. */
  readonly error: string
  /** How many requests; 1 by default, Infinity until it is lifted. */
  readonly count?: number
}

export interface Delay {
  readonly requests: readonly string[]
  readonly milliseconds: number
  /** How many requests; by default all until it is lifted. */
  readonly count?: number
}

export interface FaultHandle {
  /** How many requests it has struck. */
  hits(): Promise<number>
  /** Ends it. */
  lift(): Promise<void>
}

interface ControlParts {
  readonly cluster: number
  readonly call: Call
  /** Of each broker, by its number. */
  readonly ports: readonly number[]
}

export class Control {
  readonly #parts: ControlParts

  constructor(parts: ControlParts) {
    this.#parts = parts
  }

  /** The next requests that match are answered by this error; what they ask for is not done. */
  fault({ count = 1, ...fault }: Fault): Promise<FaultHandle> {
    return this.#order('fault', { ...fault, count: finite(count) })
  }

  /** Requests wait before they are carried out; those that come behind them on the same connection wait as well. */
  delay({ count = Number.POSITIVE_INFINITY, ...delay }: Delay): Promise<FaultHandle> {
    return this.#order('delay', { ...delay, count: finite(count) })
  }

  /** The number of the broker that leads a partition; -1 where there is none. */
  leader(topic: string, partition: number): Promise<number> {
    return this.#call('leader', { topic, partition })
  }

  moveLeader(topic: string, partition: number, node: number): Promise<void> {
    return this.#call('moveLeader', { topic, partition, node })
  }

  /** The number of the broker that coordinates a group. */
  coordinator(group: string): Promise<number> {
    return this.#call('coordinator', { group })
  }

  /** Another broker coordinates this group from now on, and perhaps others too; resolves to its number. Needs two brokers. */
  moveCoordinator(group: string): Promise<number> {
    return this.#call('moveCoordinators', { group })
  }

  /** The broker is gone, with its connections; others take over what it led. The last one cannot be dropped. */
  async dropBroker(node: number): Promise<void> {
    await this.#call('dropBroker', { node })
    await this.#parts.call('unlisten', { port: this.#parts.ports[node] })
  }

  /** One that was dropped is back, on its port. */
  async restoreBroker(node: number): Promise<void> {
    const port = this.#parts.ports[node]
    await this.#parts.call('listen', { port })
    await this.#call('addBroker', { node, port })
  }

  /**
   * The brokers are gone as if they had been killed, and are started again with what they had written. All Kafkas of this process, since
   * they share a thread; resolves when they are back.
   */
  async crash(): Promise<void> {
    await this.#call('crash', {}).catch(() => {})
    await this.#call('coordinator', { group: '' })
  }

  async #order(name: string, params: object): Promise<FaultHandle> {
    const order = await this.#call<number>(name, params)
    const { call } = this.#parts
    return { hits: () => call('hits', { order }), lift: () => call('lift', { order }) }
  }

  #call<T = void>(name: string, params: object): Promise<T> {
    return this.#parts.call<T>(name, { cluster: this.#parts.cluster, ...params })
  }
}

/** JSON knows no infinity. */
const finite = (count: number) => (Number.isFinite(count) ? count : -1)
