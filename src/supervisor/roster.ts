// Who is, or may still be, a member of which group, and under which instance id: what is written down for the next start, and
// whom to take out. Knows no process beyond its number.

import { sleep } from '../lib/clock.ts'
import { groupBy } from '../lib/group-by.ts'
import type { NotedSlot, Resolved, SupervisorParts } from './parts.ts'
import { type Slot, slotName } from './state.ts'

type Parts = Pick<SupervisorParts, 'plans' | 'ids' | 'noteSlots' | 'evict' | 'clock' | 'bus'>

export class Roster {
  readonly #parts: Parts
  readonly #slot: (number: number) => Slot
  /** By consumer: its options and group. */
  readonly #resolved = new Map<string, Resolved>()

  constructor(parts: Parts, slot: (number: number) => Slot) {
    this.#parts = parts
    this.#slot = slot
  }

  resolved(consumer: string, resolved: Resolved): void {
    this.#resolved.set(consumer, resolved)
  }

  /** Whether its class has been asked: before, nobody of it can be a member. */
  knows(consumer: string): boolean {
    return this.#resolved.has(consumer)
  }

  latest(consumer: string): Resolved {
    const resolved = this.#resolved.get(consumer)
    if (!resolved) throw new Error(`the class of ${consumer} has not been asked yet`)
    return resolved
  }

  instanceIdOf(slot: number): string {
    return this.#parts.ids.of(this.#key(slot))
  }

  /** Writes down who may be a member from now on. */
  note(processes: Iterable<readonly [slot: number, pid: number]>): void {
    this.#parts.noteSlots([...processes].flatMap(([slot, pid]) => this.#noted(slot, pid)))
  }

  rename(slot: number): { readonly was: string; readonly instanceId: string } {
    const key = this.#key(slot)
    return { was: this.#parts.ids.of(key), instanceId: this.#parts.ids.renew(key) }
  }

  /** Takes these out of their groups, within the time or not at all: then it says so. */
  async evict(slots: readonly number[], timeoutMs: number): Promise<void> {
    const byConsumer = groupBy(slots, slot => this.#slot(slot).consumer)
    await Promise.all([...byConsumer.values()].map(some => this.#evictFromGroup(some, timeoutMs)))
  }

  async #evictFromGroup(slots: readonly number[], timeoutMs: number): Promise<void> {
    const { consumer } = this.#slot(slots[0]!)
    if (!this.knows(consumer)) return
    const { clock, bus, evict } = this.#parts
    const { config, groupId } = this.latest(consumer)
    const instanceIds = slots.map(slot => this.instanceIdOf(slot))
    const patience = new AbortController()
    try {
      const late = sleep(clock, timeoutMs, patience.signal)
      await Promise.race([evict({ config, groupId, instanceIds, timeoutMs }), late])
    } catch (error) {
      const message = `${instanceIds.join(', ')} could not be taken out of the group: ${String(error)}`
      bus.publish('line', { level: 'warn', message, from: 'supervisor' })
    } finally {
      patience.abort()
    }
  }

  #noted(slot: number, pid: number): NotedSlot[] {
    const { consumer } = this.#slot(slot)
    if (!this.knows(consumer)) return []
    const { groupId } = this.latest(consumer)
    return [{ slot: slotName(this.#slot(slot)), pid, groupId, instanceId: this.instanceIdOf(slot) }]
  }

  /** The number alone where there is one consumer: what is stable should not change with what stands beside it. */
  #key(slot: number): string {
    const { consumer, index } = this.#slot(slot)
    return this.#parts.plans.length === 1 ? String(index) : `${consumer}-${index}`
  }
}
