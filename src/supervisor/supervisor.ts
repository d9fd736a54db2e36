// A queue of events around `decide`: signals, exits, messages and the clock go in, its actions are carried out one after the
// other. All that is decided is decided there. Imports no consumer, touches no message, knows the worker only as something that
// can be forked; what it needs of Kafka is handed to it.

import { EXIT } from '../errors.ts'
import type { Cancel } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import { reasonOf } from '../lib/reason.ts'
import { Briefing } from './briefing.ts'
import { decide, nextWake } from './decide.ts'
import { isSilent } from './hanging.ts'
import { helpless } from './helpless.ts'
import type { Action, Scale, SupervisorEvent } from './moves.ts'
import type { Ending, SupervisorParts } from './parts.ts'
import { type Process, Processes } from './processes.ts'
import { BeatPulse } from './pulse.ts'
import type { Which } from './quiet.ts'
import { Release } from './release.ts'
import { Reports } from './reports.ts'
import { Roster } from './roster.ts'
import { initially, type Slot, type State, slotName } from './state.ts'
import { isAskable, type Outline, outlineOf, type Standing, standingOf } from './status.ts'
import { wordOf } from './words.ts'
import type { FromWorker } from './worker-handle.ts'

/** Taking one dead member out while the others work. */
const EVICTION_MS = 5000

export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #processes: Processes
  readonly #queue: SupervisorEvent[] = []
  readonly #end: Deferred<Ending> = deferred()
  readonly #pulse: BeatPulse
  readonly #reports: Reports
  readonly #roster: Roster
  readonly #briefing: Briefing
  #state: State
  #working = false
  #reading = Promise.resolve()
  #cancelWake: Cancel = () => {}
  readonly #ending = new AbortController()

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#state = initially(parts.policy)
    this.#processes = new Processes(new Release(parts.plans))
    this.#reports = new Reports(parts)
    this.#roster = new Roster(parts, number => this.#slot(number))
    this.#briefing = new Briefing({
      ...parts,
      roster: this.#roster,
      processes: this.#processes,
      slot: number => this.#slot(number),
      take: event => this.#take(event),
      hasJoined: () => this.#state.everJoined.length > 0,
      ending: this.#ending.signal,
    })
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
    this.#take({ type: 'quiet', isQuiet, by, consumers: this.#allOr(consumers), partitions })
  }

  /** Workers of each of these consumers; of all of them where none is named. */
  scale(to: Scale, by: string, consumers: readonly string[]): void {
    this.#take({ type: 'scaled', by, to, consumers: this.#allOr(consumers) })
  }

  /** Reads the user's code afresh and replaces the workers by it, one after another. What cannot be used replaces nothing. */
  restart(by: string): Promise<void> {
    // One reading after the other.
    this.#reading = this.#reading.then(() => this.#restart(by))
    return this.#reading
  }

  /** All workers at once. `by` says whose wish it is. */
  kill(by: string): void {
    this.#take({ type: 'kill', by })
  }

  /** Takes as long as the workers take to answer; a quarter of a second at most. */
  async status(): Promise<Standing> {
    const { clock } = this.#parts
    const asked = this.#state.slots.filter(isAskable).map(async slot => {
      const { run } = slot
      const ask = () => this.#processes.send(run, { type: 'report' })
      return [run, await this.#reports.ask(run, isSilent(slot, this.#state, clock.now()), ask)] as const
    })
    const reports = new Map(await Promise.all(asked))
    return standingOf(this.#state, { clock, reports, pidOf: run => this.#processes.of(run)?.handle.pid ?? null })
  }

  outline(): Outline {
    return outlineOf(this.#state)
  }

  /** Consumers that nothing more can be done for. */
  helpless(): readonly string[] {
    return helpless(this.#state)
  }

  get done(): Promise<Ending> {
    return this.#end.promise
  }

  async #restart(by: string): Promise<void> {
    try {
      this.#processes.offer(new Release(await this.#parts.readAfresh()))
    } catch (error) {
      return this.#take({ type: 'restart refused', by, why: reasonOf(error) })
    }
    this.#take({ type: 'restart', by })
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
        this.#briefing.configure(action)
        break
      case 'join':
        this.#briefing.join(action.run)
        break
      case 'adopt':
        this.#briefing.adopt()
        break
      case 'quiet':
        this.#processes.send(action.run, { type: 'quiet', quiet: action.quiet })
        break
      case 'resume':
        this.#processes.send(action.run, { type: 'resume', partitions: action.partitions })
        break
      case 'suspicion':
        this.#processes.send(action.run, { type: 'suspicion', suspicion: action.suspicion })
        break
      case 'stop': {
        const { run, withinMs, leave, reason } = action
        this.#processes.send(run, { type: 'stop', withinMs, leave, reason })
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

  #fork({ slot, run, restarts, code, beside }: Extract<Action, { do: 'fork' }>): void {
    const release = this.#processes.releaseFor(slot, code)
    const handle = this.#parts.fork({
      message: message => this.#heard(process, message),
      exited: exit => {
        this.#pulse.settled(slot)
        this.#reports.gone(run)
        this.#processes.remove(run)
        this.#take({ type: 'exited', slot, run, pid: handle.pid, ...exit })
      },
      forkFailed: error => {
        this.#processes.remove(run)
        this.#take({ type: 'fork failed', slot, run, message: error.message })
      },
    })
    const process: Process = { slot, run, handle, release }
    this.#processes.add(process)
    if (!beside) this.#processes.settle(process)
    if (handle.pid === 0) return
    this.#parts.bus.publish('slot.forked', { slot: this.#name(slot), pid: handle.pid, restarts, beside })
    handle.send({ type: 'load', plan: release.planOf(this.#slot(slot).consumer) })
  }

  #heard(process: Process, message: FromWorker): void {
    const { slot, run, handle } = process
    if (this.#processes.of(run) !== process) return
    if (message.type === 'described') void this.#briefing.described(process, message.description)
    if (message.type === 'report') this.#reports.heard(run, message)
    if (message.type === 'event') this.#parts.onWorkerEvent({ slot: this.#name(slot), pid: handle.pid }, message.event)
    // What follows from it is told after it.
    const word = wordOf(process, message)
    if (!word) return
    this.#pulse.hear(word)
    this.#take(word)
  }

  #kill({ slot, run, why }: Extract<Action, { do: 'kill' }>): void {
    const handle = this.#processes.of(run)?.handle
    if (!handle) return
    this.#parts.bus.publish('slot.killed', { slot: this.#name(slot), pid: handle.pid, why })
    handle.kill()
  }

  #rename({ slot, why }: Extract<Action, { do: 'rename' }>): void {
    this.#parts.bus.publish('slot.renamed', { slot: this.#name(slot), ...this.#roster.rename(slot), why })
  }

  #beat(spared: ReadonlySet<number>): void {
    for (const { slot, handle } of this.#processes.all) if (!spared.has(slot)) handle.send({ type: 'beat' })
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

  #allOr(consumers: readonly string[]): readonly string[] {
    return consumers.length > 0 ? consumers : this.#parts.plans.map(({ consumer }) => consumer)
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
