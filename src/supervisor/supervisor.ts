// A queue of events around `decide`: signals, exits, messages and the clock go in, its actions are carried out one after the
// other. All that is decided is decided there. Imports no consumer, touches no message, knows the worker only as something that
// can be forked; what it needs of Kafka is handed to it.

import { EXIT, isRacecarError } from '../errors.ts'
import type { Cancel } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import { reasonOf } from '../lib/reason.ts'
import { withCure } from '../lib/sentence.ts'
import type { Description, ForwardedEvent } from '../messages.ts'
import { decide, nextWake } from './decide.ts'
import { overheard, sentence } from './overheard.ts'
import type { Ending, SupervisorParts } from './parts.ts'
import { BeatPulse } from './pulse.ts'
import type { Which } from './quiet.ts'
import { Reports } from './reports.ts'
import { Roster } from './roster.ts'
import { type Action, initially, type Slot, type State, type SupervisorEvent, slotName } from './state.ts'
import { isAskable, type Standing, standingOf } from './status.ts'
import type { FromWorker, WorkerHandle } from './worker-handle.ts'

interface Process {
  readonly run: number
  readonly handle: WorkerHandle
}

/** Taking one dead member out while the others work. */
const EVICTION_MS = 5000

export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #processes = new Map<number, Process>()
  readonly #queue: SupervisorEvent[] = []
  readonly #end: Deferred<Ending> = deferred()
  readonly #pulse: BeatPulse
  readonly #reports: Reports
  readonly #roster: Roster
  #state: State
  #working = false
  #cancelWake: Cancel = () => {}
  readonly #ending = new AbortController()
  readonly #resolving = new Map<string, Promise<void>>()
  #clearing: Promise<void> | undefined

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#state = initially(parts.policy)
    this.#reports = new Reports(parts)
    this.#roster = new Roster(parts, number => this.#slot(number))
    this.#pulse = new BeatPulse({ clock: parts.clock, beat: spared => this.#beat(spared) })
  }

  /** Forks the first worker of each consumer; when that has described what it found, the others. */
  start(): void {
    for (const { consumer } of this.#parts.plans) this.#take({ type: 'sized', consumer, workers: 1 })
  }

  /** Graceful, within shutdown_timeout. More calls change nothing. Before start() there is nothing to stop, and nothing starts. */
  stop(reason: string): void {
    this.#take({ type: 'stop', reason, code: EXIT.clean, why: 'stopped' })
  }

  /** The first is a graceful stop, the second ends all workers at once. */
  interrupt(): void {
    this.#take({ type: 'interrupt' })
  }

  /** Of these no further message is started, or they go on. The last word about a partition holds. */
  quiet(isQuiet: boolean, by: string, { consumers, partitions }: Which): void {
    const all = this.#parts.plans.map(({ consumer }) => consumer)
    this.#take({ type: 'quiet', isQuiet, by, consumers: consumers.length === 0 ? all : consumers, partitions })
  }

  /** All workers at once. `by` says whose wish it is. */
  kill(by: string): void {
    this.#take({ type: 'kill', by })
  }

  /** Takes as long as the workers take to answer; one second at most. */
  async status(): Promise<Standing> {
    const { clock } = this.#parts
    const asked = this.#state.slots.filter(isAskable).map(async ({ number, run }) => {
      const lanes = await this.#reports.ask(run, () => this.#processes.get(number)?.handle.send({ type: 'report' }))
      return [run, lanes] as const
    })
    const reports = new Map(await Promise.all(asked))
    return standingOf(this.#state, { clock, reports, pidOf: slot => this.#processes.get(slot)?.handle.pid ?? null })
  }

  get done(): Promise<Ending> {
    return this.#end.promise
  }

  #take(event: SupervisorEvent): void {
    this.#queue.push(event)
    // An action may report at once what came of it: that is taken in after the actions before it are done.
    if (this.#working) return
    this.#working = true
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#turn(next)
    } finally {
      this.#working = false
    }
    this.#wakeLater()
  }

  #turn(event: SupervisorEvent): void {
    const { state, actions } = decide(this.#state, event, this.#parts.clock.now())
    this.#state = state
    for (const action of actions) this.#carryOut(action)
  }

  #wakeLater(): void {
    this.#cancelWake()
    const at = nextWake(this.#state)
    if (at === null) return
    const { clock } = this.#parts
    this.#cancelWake = clock.after(Math.max(0, at - clock.now()), () => this.#take({ type: 'tick' }))
  }

  #carryOut(action: Action): void {
    switch (action.do) {
      case 'fork':
        this.#fork(action)
        break
      case 'configure':
        this.#configure(action.slot)
        break
      case 'quiet':
        this.#processes.get(action.slot)?.handle.send({ type: 'quiet', quiet: action.quiet })
        break
      case 'suspicion':
        this.#processes.get(action.slot)?.handle.send({ type: 'suspicion', suspicion: action.suspicion })
        break
      case 'stop': {
        const { withinMs, leave, reason } = action
        this.#processes.get(action.slot)?.handle.send({ type: 'stop', withinMs, leave, reason })
        break
      }
      case 'kill':
        this.#kill(action)
        break
      case 'rename':
        this.#rename(action)
        break
      case 'evict':
        void this.#evict([action.slot], EVICTION_MS).then(() => this.#take({ type: 'evicted', slot: action.slot }))
        break
      case 'announce':
        this.#parts.bus.publish(action.event.name, action.event.data as never)
        break
      case 'finish':
        void this.#finish(action)
        break
      default:
        action satisfies never
    }
  }

  #fork({ slot, run, restarts }: Extract<Action, { do: 'fork' }>): void {
    const handle = this.#parts.fork({
      message: message => this.#heard(slot, run, message),
      exited: exit => {
        this.#pulse.settled(slot)
        this.#reports.gone(run)
        this.#take({ type: 'exited', slot, run, pid: handle.pid, ...exit })
      },
      forkFailed: error => this.#take({ type: 'fork failed', slot, run, message: error.message }),
    })
    this.#processes.set(slot, { run, handle })
    if (handle.pid === 0) return
    this.#parts.bus.publish('slot.forked', { slot: this.#name(slot), pid: handle.pid, restarts })
    const plan = this.#parts.plans.find(({ consumer }) => consumer === this.#slot(slot).consumer)!
    handle.send({ type: 'load', plan })
  }

  #heard(slot: number, run: number, message: FromWorker): void {
    const current = this.#processes.get(slot)
    if (current?.run !== run) return
    switch (message.type) {
      case 'described':
        this.#resolveOnce(this.#slot(slot).consumer, message.description)
        this.#take({ type: 'described', slot, run })
        break
      case 'refused':
        this.#take({ type: 'failed', slot, run, message: withCure(sentence(message.error), message.cure) })
        break
      case 'up':
        this.#take({ type: 'up', slot, run, pid: current.handle.pid })
        break
      case 'alive':
      case 'survived':
        this.#take({ ...message, slot, run })
        break
      case 'report':
        this.#reports.heard(run, message.lanes)
        break
      case 'event':
        this.#overhear(slot, run, message.event)
        this.#parts.onWorkerEvent({ slot: this.#name(slot), pid: current.handle.pid }, message.event)
        break
      default:
        message satisfies never
    }
  }

  /** What a worker publishes for everybody, where it concerns the others or the slot. */
  #overhear(slot: number, run: number, event: ForwardedEvent): void {
    if (event.name === 'group.joining') this.#pulse.joining(slot)
    if (event.name === 'group.joined') this.#pulse.settled(slot)
    if (event.name === 'group.left') this.#pulse.left(slot)
    const heard = overheard(event)
    if (heard) this.#take({ ...heard, slot, run })
  }

  #resolveOnce(consumer: string, description: Description): void {
    if (!this.#resolving.has(consumer)) this.#resolving.set(consumer, this.#resolve(consumer, description))
  }

  async #resolve(consumer: string, description: Description): Promise<void> {
    try {
      const resolved = await this.#parts.resolve(description)
      this.#roster.resolved(consumer, resolved)
      const { workers } = resolved.config
      this.#take({ type: 'sized', consumer, workers })
      if (workers === 0) return
      this.#clearing ??= this.#parts.clearTheWay(resolved, this.#ending.signal)
      await this.#clearing
      this.#take({ type: 'clear', consumer })
    } catch (error) {
      const why = reasonOf(error)
      const code = isRacecarError(error) ? error.exitCode : EXIT.bug
      this.#take({ type: 'stop', reason: 'the options cannot be used', code, why })
    }
  }

  #configure(slot: number): void {
    const member = this.#roster.of(slot)
    if (!member) return
    this.#roster.note([...this.#processes].map(([number, { handle }]) => [number, handle.pid] as const))
    const { config, groupId, instanceId } = member
    const message = { type: 'configure', config, groupId, instanceId, slot: this.#name(slot) } as const
    this.#processes.get(slot)?.handle.send(message)
  }

  #kill({ slot, why }: Extract<Action, { do: 'kill' }>): void {
    const handle = this.#processes.get(slot)?.handle
    if (!handle) return
    this.#parts.bus.publish('slot.killed', { slot: this.#name(slot), pid: handle.pid, why })
    handle.kill()
  }

  #rename({ slot, why }: Extract<Action, { do: 'rename' }>): void {
    this.#parts.bus.publish('slot.renamed', { slot: this.#name(slot), ...this.#roster.rename(slot), why })
  }

  #beat(spared: ReadonlySet<number>): void {
    for (const [slot, { handle }] of this.#processes) if (!spared.has(slot)) handle.send({ type: 'beat' })
  }

  /** The partitions of the dead go to others at once when these hear of it at once. */
  async #evict(slots: readonly number[], timeoutMs: number): Promise<void> {
    if (slots.length === 0) return
    await this.#roster.evict(slots, timeoutMs)
    this.#beat(new Set(slots))
  }

  async #finish({ code, why, evict, withinMs }: Extract<Action, { do: 'finish' }>): Promise<void> {
    this.#ending.abort()
    await this.#evict(evict, withinMs)
    this.#pulse.stop()
    this.#parts.bus.publish('primary.stopped', { exitCode: code, why })
    this.#end.resolve({ exitCode: code, why })
  }

  #name(slot: number): string {
    return slotName(this.#slot(slot))
  }

  #slot(slot: number): Slot {
    const found = this.#state.slots[slot]
    if (!found) throw new Error(`there is no slot ${slot}`)
    return found
  }
}
