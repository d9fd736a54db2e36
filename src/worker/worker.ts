// The life of a worker: load, describe, be configured, run, stop. It ends once, with the code that its process is to exit with,
// and whatever ends it first; later reasons can only make the end sooner, or worse. It forks nothing and exits nothing.

import { EXIT, isRacecarError } from '../errors.ts'
import { errorData } from '../events/error-data.ts'
import { tellFailures } from '../events/subscribe.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import { within } from '../lib/within.ts'
import type { LoadPlan, Quiet, Report, Suspicion, ToWorker } from '../messages.ts'
import { allSettled, countUnsettled } from '../producer/surroundings.ts'
import type { Witness } from '../runner/runner.ts'
import { Beats, periodOf } from './beats.ts'
import { failFast } from './fail-fast.ts'
import type { Driven, Loaded, Observer, RunnerEnd, Setup, WorkerParts } from './parts.ts'
import { UsageMeter } from './usage.ts'

type Life =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'described'; readonly loaded: Loaded }
  | { readonly kind: 'preparing'; readonly setup: Setup }
  | { readonly kind: 'running'; readonly setup: Setup; readonly runner: Driven }

export interface Stop {
  readonly withinMs: number
  /** Gives its place in the group away; without it a replacement takes it over. */
  readonly leave: boolean
  readonly reason: string
  /** What the end is called whether or not it is clean. */
  readonly exitCode?: number
}

/** A stop under way. */
interface Farewell {
  readonly deadline: number
  readonly leave: boolean
  readonly exitCode: number
}

/** What an unexpected error leaves for the messages in hand. */
const CRASH_MS = 1000
/** A whole group of processes is often told to stop together: the primary's word about it may be on its way. */
const MOMENT_MS = 250
/** Before its own configuration is known; the default of shutdown_timeout. */
const UNKNOWN_GRACE_MS = 25_000
const atOnce = async () => {}
const NOBODY: Suspicion = { suspects: [], convicted: [], isAfterCrash: false }
const ALL: Quiet = { all: true, except: [] }
/** For what observes the worker to tell the last of it. */
const OBSERVER_MS = 500
const LEAST_OBSERVER_MS = 100
/** A runner that has not come back by then will not. */
const OVERTIME_MS = 250

const NOTHING: Pick<Report, 'lanes' | 'beatAgoMs'> = { lanes: [], beatAgoMs: null }

export class Worker {
  readonly #parts: WorkerParts
  readonly #end: Deferred<number> = deferred()
  readonly #beats: Beats
  readonly #usage: UsageMeter
  #life: Life = { kind: 'waiting' }
  #farewell: Farewell | undefined
  #ended = false
  /** The place in the group is free for it. */
  readonly #mayJoin: Deferred<void> = deferred()
  #quiet: Quiet = { all: false, except: [] }
  #suspicion: Suspicion = NOBODY
  readonly #unhear: () => void
  #observer: Observer | undefined

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#unhear = tellFailures(parts.bus)
    const { clock, send, flush = atOnce } = parts
    const inHand = () => (this.#life.kind === 'running' ? this.#life.runner.inHand() : [])
    const memoryBytes = process.memoryUsage.rss
    this.#beats = new Beats({ clock, send, flush, inHand, memoryBytes })
    const takeDelay = () => this.#beats.takeDelay()
    this.#usage = new UsageMeter({ clock, cpu: () => process.cpuUsage(), memoryBytes, takeDelay })
  }

  /** The exit code; everything that can be stopped has stopped. */
  get done(): Promise<number> {
    return this.#end.promise
  }

  /** What it has in the group at the moment, and what it costs. */
  report(): Report {
    const { lanes, beatAgoMs } = this.#life.kind === 'running' ? this.#life.runner.snapshot() : NOTHING
    return { lanes, beatAgoMs, usage: this.#usage.look() }
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'load':
        void this.#load(message.plan)
        break
      case 'configure':
        void this.#run(message)
        break
      case 'join':
        this.#mayJoin.resolve()
        break
      case 'stop':
        this.stop(message)
        break
      case 'quiet':
        this.#beQuiet(message.quiet)
        break
      case 'resume':
        if (this.#life.kind === 'running') this.#life.runner.resume(message.partitions)
        break
      case 'suspicion':
        this.#suspicion = message.suspicion
        if (this.#life.kind === 'running') this.#life.runner.suspect(message.suspicion)
        break
      case 'beat':
        if (this.#life.kind === 'running') this.#life.runner.beat()
        break
      case 'report':
        this.#parts.send({ type: 'report', ...this.report() })
        break
      default:
        message satisfies never
    }
  }

  /** Finishes what is in hand. A second call may ask to leave, to be sooner, or for an exit code that is not clean. */
  stop({ withinMs, leave, reason, exitCode = EXIT.clean }: Stop): void {
    const deadline = this.#parts.clock.now() + withinMs
    const before = this.#farewell
    const now: Farewell = {
      deadline: Math.min(deadline, before?.deadline ?? deadline),
      leave: leave || (before?.leave ?? false),
      exitCode: before?.exitCode || exitCode,
    }
    this.#farewell = now
    if (!before) this.#parts.bus.publish('worker.stopping', { reason, graceMs: withinMs })
    if (before && before.leave === now.leave && before.deadline === now.deadline) return
    void this.#takeLeave(now)
  }

  /** A SIGTERM of its own: the slot goes on, so the place in the group is kept for the replacement. */
  terminated(reason: string): void {
    if (this.#farewell) return
    this.#beQuiet(ALL)
    this.#parts.clock.after(MOMENT_MS, () => {
      if (!this.#farewell) this.stop({ withinMs: this.#graceMs(), leave: false, reason })
    })
  }

  /** The primary is gone: nobody will replace this worker, nor end it. */
  orphaned(): void {
    this.stop({
      withinMs: this.#graceMs(),
      leave: true,
      reason: 'the primary is gone',
      exitCode: EXIT.orphaned,
    })
  }

  /** An error that nobody caught: what else is broken cannot be known, so what is in hand gets a moment and no more. */
  crashed(thrown: unknown): void {
    this.#parts.bus.publish('worker.failed', { error: errorData(thrown) })
    this.stop({ withinMs: CRASH_MS, leave: false, reason: 'an error that nobody caught', exitCode: EXIT.failure })
  }

  #beQuiet(quiet: Quiet): void {
    this.#quiet = quiet
    if (this.#life.kind === 'running') this.#life.runner.quiet(quiet)
  }

  async #load(plan: LoadPlan): Promise<void> {
    if (this.#life.kind !== 'waiting') return
    this.#life = { kind: 'loading' }
    try {
      const loaded = await this.#parts.load(plan)
      if (this.#farewell) return
      this.#life = { kind: 'described', loaded }
      this.#parts.send({ type: 'described', description: loaded.description })
    } catch (error) {
      this.#refuse(error)
    }
  }

  async #run(setup: Setup): Promise<void> {
    const life = this.#life
    if (life.kind !== 'described' || this.#farewell) return
    this.#life = { kind: 'preparing', setup }
    try {
      if (setup.config.failFast) failFast(this.#parts.bus, error => this.#refuseUnlessLeaving(error))
      const observer = await this.#parts.observe?.(setup)
      // What has come too late for the end would be closed by nobody.
      if (this.#farewell) return void observer?.close()
      this.#observer = observer
      const runner = await life.loaded.prepare(setup, this.#witness())
      if (this.#farewell) return
      this.#life = { kind: 'running', setup, runner }
      runner.quiet(this.#quiet)
      runner.suspect(this.#suspicion)
      void runner.done.then(end => this.#runnerEnded(end))
      await runner.initialize()
      if (this.#farewell) return
      this.#parts.bus.publish('worker.started', { consumer: life.loaded.description.consumer, groupId: setup.groupId })
      this.#parts.send({ type: 'up' })
      this.#beats.start(periodOf(setup.config.hangTimeout * 1000))
      if (!setup.join) await this.#mayJoin.promise
      if (this.#suspicion.isAfterCrash) this.#beats.beEager()
      // What is told to stop before is not waited for.
      await runner.start()
    } catch (error) {
      this.#refuseUnlessLeaving(error)
    }
  }

  #witness(): Witness {
    const { send, flush = atOnce } = this.#parts
    return {
      begins: this.#beats.begins,
      survived: async stretch => {
        send({ type: 'survived', ...stretch })
        await flush()
      },
    }
  }

  #refuseUnlessLeaving(error: unknown): void {
    if (!this.#farewell) this.#refuse(error)
  }

  /** Only an end of its own accord is news: after a stop it is what the stop waits for. */
  #runnerEnded({ error, exitCode }: RunnerEnd): void {
    if (!this.#farewell) this.#refuse(error ?? new Error('the runner ended unasked'), exitCode)
  }

  #refuse(thrown: unknown, exitCode = isRacecarError(thrown) ? thrown.exitCode : EXIT.failure): void {
    const error = errorData(thrown)
    const cure = isRacecarError(thrown) ? thrown.cure : ''
    this.#parts.bus.publish('worker.failed', { error })
    this.#parts.send({ type: 'refused', error, exitCode, cure })
    this.stop({ withinMs: CRASH_MS, leave: false, reason: error.message, exitCode })
  }

  async #takeLeave({ deadline, leave }: Farewell): Promise<void> {
    if (this.#life.kind !== 'running') return this.#finish(true)
    const { clock } = this.#parts
    const cancel = clock.after(deadline - clock.now() + OVERTIME_MS, () => this.#finish(false))
    try {
      const { clean } = await this.#life.runner.stop({ deadline, leave })
      const isDelivered = await within(clock, allSettled(), deadline)
      if (!isDelivered) this.#tellUnsettled(countUnsettled())
      this.#finish(isDelivered && clean)
    } catch (error) {
      this.#parts.bus.publish('worker.failed', { error: errorData(error) })
      this.#finish(false)
    } finally {
      cancel()
    }
  }

  /** Of the consumer's own messages the offsets are not committed; these nobody produces again. */
  #tellUnsettled(count: number): void {
    const what = count === 1 ? '1 message' : `${count} messages`
    const message = `${what} of produceAsync, or of another producer of this process, could not be delivered in time and may be lost.`
    this.#parts.bus.publish('line', { level: 'error', message, from: 'producer' })
  }

  #finish(clean: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#beats.stop()
    this.#parts.bus.publish('worker.stopped', { clean })
    void this.#lastWords(this.#farewell?.exitCode || (clean ? EXIT.clean : EXIT.forced))
  }

  async #lastWords(code: number): Promise<void> {
    const { clock } = this.#parts
    if (this.#observer) {
      const latest = clock.now() + OBSERVER_MS
      // Who watches this process ends it soon after the deadline.
      const deadline = Math.max(this.#farewell?.deadline ?? latest, clock.now() + LEAST_OBSERVER_MS)
      await within(clock, this.#observer.close(), Math.min(latest, deadline))
    }
    this.#unhear()
    this.#end.resolve(code)
  }

  #graceMs(): number {
    return 'setup' in this.#life ? this.#life.setup.config.shutdownTimeout * 1000 : UNKNOWN_GRACE_MS
  }
}
