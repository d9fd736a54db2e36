// A queue of events around `decide`: signals, exits, messages and the clock go in, its actions are carried out one after the
// other. All that is decided is decided there. Imports no consumer, touches no message, knows the worker only as something that
// can be forked; what it needs of Kafka is handed to it.

import { EXIT, isRacecarError } from '../errors.ts'
import type { ErrorData } from '../events/events.ts'
import { type Cancel, sleep } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import type { Description, ForwardedEvent } from '../messages.ts'
import { decide, nextWake } from './decide.ts'
import type { Ending, NotedSlot, Resolved, SupervisorParts } from './parts.ts'
import { BeatPulse } from './pulse.ts'
import { Reports } from './reports.ts'
import { type Action, initially, type State, type SupervisorEvent, slotName } from './state.ts'
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
  #state: State
  #working = false
  #cancelWake: Cancel = () => {}
  readonly #ending = new AbortController()
  #resolving: Promise<void> | undefined
  #resolved: Resolved | undefined

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#state = initially(parts.plan.consumer, parts.policy)
    this.#reports = new Reports(parts)
    this.#pulse = new BeatPulse({ clock: parts.clock, beat: spared => this.#beat(spared) })
  }

  /** Forks the first worker; when that has described what it found, the others. */
  start(): void {
    this.#take({ type: 'sized', workers: 1 })
  }

  /** Graceful, within shutdown_timeout. More calls change nothing. Before start() there is nothing to stop, and nothing starts. */
  stop(reason: string): void {
    this.#take({ type: 'stop', reason, code: EXIT.clean, why: 'stopped' })
  }

  /** The first is a graceful stop, the second ends all workers at once. */
  interrupt(): void {
    this.#take({ type: 'interrupt' })
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
      case 'stop': {
        const { withinMs, reason } = action
        this.#processes.get(action.slot)?.handle.send({ type: 'stop', withinMs, leave: true, reason })
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
    handle.send({ type: 'load', plan: this.#parts.plan })
  }

  #heard(slot: number, run: number, message: FromWorker): void {
    const current = this.#processes.get(slot)
    if (current?.run !== run) return
    switch (message.type) {
      case 'described':
        this.#resolving ??= this.#resolve(message.description)
        this.#take({ type: 'described', slot, run })
        break
      case 'refused':
        this.#take({ type: 'failed', slot, run, message: `${sentence(message.error)} ${message.cure}`.trimEnd() })
        break
      case 'up':
        this.#take({ type: 'up', slot, run, pid: current.handle.pid })
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
  #overhear(slot: number, run: number, { name, data }: ForwardedEvent): void {
    switch (name) {
      case 'group.joining':
        this.#pulse.joining(slot)
        this.#take({ type: 'joining', slot, run })
        break
      case 'group.joined':
        this.#pulse.settled(slot)
        this.#take({ type: 'joined', slot, run })
        break
      case 'group.left':
        this.#pulse.left(slot)
        this.#take({ type: 'left', slot, run })
        break
      case 'worker.failed':
        this.#take({ type: 'failed', slot, run, message: sentence(data.error) })
        break
      default:
    }
  }

  async #resolve(description: Description): Promise<void> {
    try {
      this.#resolved = await this.#parts.resolve(description)
      const { workers } = this.#resolved.config
      this.#take({ type: 'sized', workers })
      if (workers === 0) return
      await this.#parts.clearTheWay(this.#resolved, this.#ending.signal)
      this.#take({ type: 'clear' })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const code = isRacecarError(error) ? error.exitCode : EXIT.bug
      this.#take({ type: 'stop', reason: 'the options cannot be used', code, why })
    }
  }

  #configure(slot: number): void {
    if (!this.#resolved) return
    const { config, groupId } = this.#resolved
    const instanceId = this.#parts.ids.of(slot)
    this.#parts.noteSlots(
      groupId,
      [...this.#processes].map(one => this.#noted(one)),
    )
    const message = { type: 'configure', config, groupId, instanceId, slot: this.#name(slot) } as const
    this.#processes.get(slot)?.handle.send(message)
  }

  #noted([slot, { handle }]: [number, Process]): NotedSlot {
    return { slot: this.#name(slot), pid: handle.pid, instanceId: this.#parts.ids.of(slot) }
  }

  #kill({ slot, why }: Extract<Action, { do: 'kill' }>): void {
    const handle = this.#processes.get(slot)?.handle
    if (!handle) return
    this.#parts.bus.publish('slot.killed', { slot: this.#name(slot), pid: handle.pid, why })
    handle.kill()
  }

  #rename({ slot, why }: Extract<Action, { do: 'rename' }>): void {
    const was = this.#parts.ids.of(slot)
    const instanceId = this.#parts.ids.renew(slot)
    this.#parts.bus.publish('slot.renamed', { slot: this.#name(slot), was, instanceId, why })
  }

  #beat(spared: ReadonlySet<number>): void {
    for (const [slot, { handle }] of this.#processes) if (!spared.has(slot)) handle.send({ type: 'beat' })
  }

  async #evict(slots: readonly number[], timeoutMs: number): Promise<void> {
    if (!this.#resolved || slots.length === 0) return
    const { clock, bus, evict } = this.#parts
    const instanceIds = slots.map(slot => this.#parts.ids.of(slot))
    const patience = new AbortController()
    try {
      const late = sleep(clock, timeoutMs, patience.signal)
      await Promise.race([evict({ ...this.#resolved, instanceIds, timeoutMs }), late])
      this.#beat(new Set(slots))
    } catch (error) {
      const message = `${instanceIds.join(', ')} could not be taken out of the group: ${String(error)}`
      bus.publish('line', { level: 'warn', message, from: 'supervisor' })
    } finally {
      patience.abort()
    }
  }

  async #finish({ code, why, evict, withinMs }: Extract<Action, { do: 'finish' }>): Promise<void> {
    this.#ending.abort()
    await this.#evict(evict, withinMs)
    this.#pulse.stop()
    this.#parts.bus.publish('primary.stopped', { exitCode: code, why })
    this.#end.resolve({ exitCode: code, why })
  }

  #name(slot: number): string {
    return slotName(this.#parts.plan.consumer, slot)
  }
}

const sentence = ({ name, message }: ErrorData): string => (name === 'RacecarError' ? message : `${name}: ${message}`)
