// `workers` 0: the life of a worker in this process, with nobody to fork, watch or replace it. What a primary would have said and
// done for it is said and done here; the exit codes are the same.

import type { Found } from '../consumer/find.ts'
import { EXIT } from '../errors.ts'
import { createBus } from '../events/bus.ts'
import { deferred } from '../lib/deferred.ts'
import { withCure } from '../lib/sentence.ts'
import type { Description, Quiet, ToPrimary } from '../messages.ts'
import { toStandardError } from '../observe/to-standard-error.ts'
import { Host } from '../producer/host.ts'
import { changed, isEverything, LOUD } from '../supervisor/quiet.ts'
import type { Request } from '../supervisor/signals.ts'
import { slotName } from '../supervisor/state.ts'
import { figuresOf, isoTime, type Outline, quietOnes, type SlotStatus, type Standing } from '../supervisor/status.ts'
import { load } from '../worker/load.ts'
import { observeBy } from '../worker/observe.ts'
import { Worker } from '../worker/worker.ts'
import type { Clerk, Desk } from './desk.ts'
import { clearTheWay } from './group.ts'
import { type End, endOf, type Uncaught } from './last-words.ts'
import type { Session } from './session.ts'

export interface InlineParts {
  readonly session: Session
  readonly desk: Desk
  readonly uncaught: Uncaught
  /** A program's own class. */
  readonly own?: Found | undefined
}

export async function inline({ session, desk, uncaught, own }: InlineParts): Promise<End> {
  const here = new Here(session, own)
  desk.open(here)
  uncaught.tell = error => here.worker.crashed(error)
  here.worker.receive({ type: 'load', plan: session.parts.plans[0]! })
  const end = await here.end
  here.leave()
  session.parts.bus.publish('primary.stopped', end)
  return end
}

/** There is one consumer, where there are no workers. */
const consumerOf = ({ parts }: Session): string => parts.plans[0]!.consumer

const nameOf = (session: Session): string => slotName({ consumer: consumerOf(session), index: 0 })

type Stage = 'starting' | 'up' | 'stopping'

class Here implements Clerk {
  readonly worker: Worker
  readonly end: Promise<End>
  readonly #session: Session
  readonly #host: Host
  readonly #unlisten: () => void
  readonly #forced = deferred<End>()
  readonly #ending = new AbortController()
  #failure: string | undefined
  #interrupts = 0
  #state: Stage = 'starting'
  #since: number
  #quiet: Quiet = LOUD

  constructor(session: Session, own: Found | undefined) {
    this.#session = session
    const { clock, log } = session.parts
    this.#since = clock.now()
    const bus = createBus()
    this.#host = new Host(bus)
    this.#unlisten = log.listen(bus, { slot: nameOf(session), pid: process.pid })
    bus.on('group.joined', () => session.parts.progress.joined(nameOf(session)))
    bus.on('topic.missing', ({ topic }) => session.missing(topic))
    bus.on('worker.failed', ({ error }) => {
      this.#failure = error.message
    })
    this.worker = new Worker({
      load: plan => load(plan, { engine: kafkajs, bus, host: this.#host, clock, own }),
      send: message => this.#hear(message),
      observe: observeBy(bus, clock),
      bus,
      clock,
    })
    const ended = this.worker.done.then(exitCode => ({ exitCode, why: this.#why(exitCode) }))
    this.end = Promise.race([ended, this.#forced.promise])
  }

  answer(request: Request): void {
    switch (request.kind) {
      case 'stop':
        this.#stop(request.reason)
        break
      case 'interrupt':
        this.#interrupts++
        if (this.#interrupts === 1) this.#stop('SIGINT')
        else this.#kill('a second SIGINT')
        break
      case 'kill':
        this.#kill(request.by)
        break
      case 'quiet':
      case 'continue':
        this.#setQuiet(request)
        break
      case 'restart':
      case 'scale':
        this.#hasNoWorkers(request)
        break
      case 'show options':
        this.#session.showOptions()
        break
      case 'nothing':
        break
      default:
        request satisfies never
    }
  }

  status(): Standing {
    const { clock } = this.#session.parts
    const state = this.#state
    const answer = { ...this.worker.report(), at: clock.now(), isNew: true }
    const slot: SlotStatus = {
      name: nameOf(this.#session),
      pid: process.pid,
      state,
      since: isoTime(clock, this.#since - clock.now()),
      nextAt: null,
      restarts: 0,
      lastReason: null,
      answers: true,
      lastHeard: null,
      memoryBytes: answer.usage.memoryBytes,
      ...figuresOf(answer, clock),
    }
    const running = isEverything(this.#quiet) ? 'quiet' : 'running'
    const quiet = quietOnes({ [consumerOf(this.#session)]: this.#quiet })
    return { state: state === 'up' ? running : state, quiet, restart: null, slots: [slot] }
  }

  /** What the program has begun to produce goes on. */
  leave(): void {
    this.#unlisten()
    toStandardError(this.#host.bus)
    this.#host.leave()
  }

  outline(): Outline {
    return { up: this.#state === 'up' ? 1 : 0, of: 1 }
  }

  /** What goes wrong here ends this process. */
  helpless(): readonly string[] {
    return []
  }

  #setQuiet({ kind, by, which: { partitions } }: Extract<Request, { kind: 'quiet' | 'continue' }>): void {
    if (kind === 'continue') this.worker.receive({ type: 'resume', partitions })
    const quiet = this.#state === 'stopping' ? undefined : changed(this.#quiet, kind === 'quiet', partitions)
    if (!quiet) return
    this.#quiet = quiet
    const data = { by, consumers: [consumerOf(this.#session)], partitions }
    this.#session.parts.bus.publish(kind === 'quiet' ? 'primary.quiet' : 'primary.continued', data)
    this.worker.receive({ type: 'quiet', quiet })
  }

  #hasNoWorkers({ kind, by }: Extract<Request, { kind: 'restart' | 'scale' }>): void {
    const message = `Nothing is done about ${kind === 'restart' ? 'a restart' : 'another number of workers'}, asked for by ${by}: workers is 0.`
    this.#session.parts.bus.publish('line', { level: 'warn', message, from: 'supervisor' })
  }

  #kill(by: string): void {
    this.#forced.resolve({ exitCode: EXIT.forced, why: `${by} ended it at once` })
  }

  #stop(reason: string): void {
    this.#enter('stopping')
    this.#session.parts.progress.ending()
    this.#ending.abort()
    this.worker.stop({ withinMs: this.#session.config.shutdownTimeout * 1000, leave: true, reason })
  }

  #hear(message: ToPrimary): void {
    if (message.type === 'described') void this.#configure(message.description)
    else if (message.type === 'up') this.#up()
    else if (message.type === 'refused') this.#failure = withCure(message.error.message, message.cure)
  }

  #up(): void {
    this.#enter('up')
    this.#session.parts.progress.up(nameOf(this.#session))
  }

  #enter(state: Stage): void {
    if (this.#state === state) return
    this.#state = state
    this.#since = this.#session.parts.clock.now()
  }

  async #configure(description: Description): Promise<void> {
    try {
      const { config, groupId } = await this.#session.settle(description)
      await clearTheWay(this.#session, config, this.#ending.signal)
      // Without a slot that outlives this process there is no place to come back to, unless the user names one.
      const instanceId = config.groupInstanceId === undefined ? null : `${config.groupInstanceId}-0`
      this.worker.receive({
        type: 'configure',
        config,
        groupId,
        instanceId,
        slot: nameOf(this.#session),
        join: true,
        early: true,
      })
    } catch (error) {
      const { exitCode, why } = endOf(error)
      this.#failure = why
      this.worker.stop({ withinMs: 0, leave: true, reason: 'the options cannot be used', exitCode })
    }
  }

  #why(exitCode: number): string {
    if (exitCode === EXIT.clean) return 'stopped'
    return this.#failure ?? 'something that was in hand was given up'
  }
}

const kafkajs = async () => (await import('../engine/kafkajs/index.ts')).createKafkajsEngine
