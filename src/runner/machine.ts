// Puts the parts of a runner together and connects them. Only wires: what they do stands in their own files, and in which order
// they live and end in runner.ts and ending.ts.

import { type ConsumerInstance, equip, type Logger } from '../consumer/consumer.ts'
import { type Engine, type EngineFactory, type EngineSink, keyOf, type PartitionOffset } from '../engine/engine.ts'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { Level } from '../events/events.ts'
import type { Who } from '../events/local-events.ts'
import type { Clock } from '../lib/clock.ts'
import { inTurn } from '../lib/in-turn.ts'
import { reasonOf } from '../lib/reason.ts'
import { within } from '../lib/within.ts'
import { Outbox } from '../producer/outbox.ts'
import { Told } from '../producer/told.ts'
import { Assignment } from './assignment.ts'
import type { Attempt } from './attempt.ts'
import { carryOut } from './carry-out.ts'
import { Committer } from './committer.ts'
import { errorInfo, type Failure, failedEvent, type OnError } from './failure.ts'
import { Gauge } from './gauge.ts'
import { Hooks } from './hooks.ts'
import { Loop } from './loop.ts'
import { observed } from './observed.ts'
import { type Decision, decide } from './policy.ts'
import { engineSettings, toMs } from './settings.ts'
import { Topics, type TopicsParts } from './topics.ts'
import { Turns, type TurnsParts } from './turns.ts'
import { Undelivered } from './undelivered.ts'
import { Watch } from './watch.ts'

/** Who is to know what was in hand, should this process end without a word. */
export interface Witness {
  /**
   * Called before each call of the handler, so it must cost next to nothing. `isPrompt`: it is to be known at once. Where it
   * answers with a promise, nothing else should begin before that has resolved.
   */
  readonly begins: (isPrompt: boolean) => Promise<void> | undefined
  /** The handler has ended with what was suspect. Resolves when that is on its way. */
  survived(stretch: PartitionOffset & { readonly lastOffset: number }): Promise<void>
}

const NOBODY: Witness = { begins: () => undefined, survived: async () => {} }

export interface RunnerParts extends TopicsParts {
  readonly consumer: ConsumerInstance & object
  readonly instanceId: string | null
  readonly engine: EngineFactory
  readonly bus: Bus
  readonly clock: Clock
  readonly onError?: OnError | undefined
  readonly witness?: Witness | undefined
  /** Calls `task` when the event loop has turned; setImmediate by default. */
  readonly whenTurned?: TurnsParts['whenTurned'] | undefined
}

/** What ends a runner from inside. */
export interface Ends {
  /** A handler's fault that this worker does not survive. */
  failed(error: RacecarError): void
  /** The membership has ended for good. */
  engineFailed(error: Error): void
}

/** Whoever is to know what begins may have been stopped: that must not stop this process as well. */
const MOST_HELD_MS = 100

export class Machine {
  readonly outbox: Outbox
  readonly turns: Turns
  readonly undelivered: Undelivered
  readonly hooks: Hooks
  readonly committer: Committer
  readonly watch: Watch
  readonly gauge: Gauge | undefined
  readonly assignment: Assignment
  readonly loop: Loop
  readonly engine: Engine
  readonly #parts: RunnerParts
  readonly #ends: Ends
  readonly #topics: Topics
  readonly #who: Who
  /** Who is to know of what has just begun has not heard of it. */
  #isHeld = false
  /** The engine stores for one at a time. */
  readonly #inTurn = inTurn()

  // Each part calls others only when something happens, and nothing happens before all of them are there.
  constructor(parts: RunnerParts, ends: Ends) {
    const { bus, clock, config, consumer, description } = parts
    this.#parts = parts
    this.#ends = ends
    this.#topics = new Topics(parts)
    this.#who = { clientId: config.clientId, consumer: description.consumer, groupId: parts.groupId }
    this.outbox = this.#makeOutbox()
    const gate = () => this.engine.mayStart() && !this.outbox.isCongested && !this.#isHeld
    // Should a trial end this process, nothing beside it is handled twice.
    const isIdle = () => this.assignment.running.length === 0 && this.committer.settled()
    const { serial, multiSubscriptionStrategy: topics } = config
    this.turns = new Turns({ clock, serial, topics, gate, isIdle, whenTurned: parts.whenTurned })
    const forgive = () => this.outbox.forgive()
    this.undelivered = new Undelivered({ bus, lanes: () => this.assignment.lanes, forgive })
    this.hooks = new Hooks({
      ...parts,
      onError: parts.onError,
      during: hook => this.undelivered.during(hook),
      limit: toMs(config.maxPollInterval),
    })
    this.committer = this.#makeCommitter()
    this.watch = this.#makeWatch()
    this.assignment = this.#makeAssignment()
    this.gauge = this.#makeGauge()
    this.loop = this.#makeLoop()
    const { retryTopics } = this.#topics
    const declared = { ...description, retryTopics, deadLetterTopics: this.#topics.deadLetterTopics() }
    const settings = engineSettings(config, declared, parts)
    this.engine = parts.engine({ settings, bus, clock, sink: this.#makeSink() })
    bus.on('topic.missing', ({ topic }) => this.#missing(topic))
    equip(consumer, { outlet: this.outbox, logger: loggerTo(bus, description.consumer) })
  }

  #makeOutbox(): Outbox {
    const { bus, clock, config } = this.#parts
    return new Outbox({
      clock,
      told: new Told(bus, this.#who),
      produce: records => this.engine.produce(records),
      abandon: records => this.engine.abandon(records),
      inTurn: this.#inTurn,
      messageTimeout: toMs(config.messageTimeout),
      onDelivered: () => {
        this.committer.delivered()
        this.turns.poke()
      },
      onFailed: failure => this.undelivered.failed(failure),
    })
  }

  #makeCommitter(): Committer {
    const { bus, clock, config } = this.#parts
    return new Committer({
      bus,
      clock,
      commit: offsets => this.engine.commit(offsets),
      interval: config.synchronousCommits ? 0 : toMs(config.offsetCommitInterval),
      lanes: () => this.assignment.lanes,
      delivered: () => this.outbox.delivered,
    })
  }

  #makeWatch(): Watch {
    const { bus, clock, config } = this.#parts
    return new Watch({
      bus,
      clock,
      limit: toMs(config.maxPollInterval),
      grace: toMs(config.rebalanceDrainTimeout),
      running: () => this.assignment.running,
      stuck: attempt => this.#stuck(attempt),
    })
  }

  /** undefined: nobody wants to know. */
  #makeGauge(): Gauge | undefined {
    const { bus, clock, config, description, groupId, instanceId } = this.#parts
    const { hooks, outbox, assignment } = this
    if (!hooks.wantsStatistics || config.statisticsInterval === 0) return undefined
    return new Gauge({
      bus,
      clock,
      interval: toMs(config.statisticsInterval),
      who: { consumer: description.consumer, clientId: config.clientId, groupId, instanceId },
      engine: () => this.engine,
      outbox,
      undelivered: () => this.undelivered.count,
      lanes: () => assignment.lanes,
      running: () => assignment.running,
      tell: statistics => hooks.statistics(statistics),
    })
  }

  #makeAssignment(): Assignment {
    const { bus, clock, config, description, witness = NOBODY } = this.#parts
    const { hooks, turns, committer } = this
    return new Assignment({
      bus,
      clock,
      hooks,
      turns,
      committer,
      workFor: of => observed(this.#topics.work(of), of, { bus, clock, who: this.#who, handler: description.handler }),
      host: {
        isSynchronous: config.synchronousCommits,
        mark: () => this.outbox.queued,
        progressed: () => this.committer.progressed(),
        hungry: () => this.engine.demandChanged(),
        seek: to => this.engine.seek(to),
        begins: witness.begins,
        hold: until => this.#hold(until),
        survived: ({ of: { topic, partition }, offset, lastOffset }) =>
          witness.survived({ topic, partition, offset, lastOffset }),
        carryOut: (verdict, record, attempt) => {
          const { deadLetterTopic: to, later } = this.#topics.policy(attempt.of.topic)
          const origin = this.#topics.originOf(attempt.of.topic)
          const { engine } = this
          const topics = { to, later, origin }
          return carryOut(verdict, record, attempt, { ...this.#parts, ...topics, inTurn: this.#inTurn, engine })
        },
        goesOn: () => this.watch.began(),
        failed: failure => this.#failed(failure),
        stands: (at, why, forMs) => bus.publish('partition.stands', { ...at, why, forMs }),
        resumed: at => bus.publish('partition.resumed', at),
      },
      released: attempt => this.undelivered.settled(attempt),
      settled: mark => this.outbox.settled(mark),
      drainTimeout: toMs(config.rebalanceDrainTimeout),
      prefetchMaxBytes: config.prefetchMaxBytes,
      minMessages: config.minMessageQueueSize,
    })
  }

  #makeLoop(): Loop {
    const { bus, clock, config } = this.#parts
    return new Loop({
      ...{ bus, clock, who: this.#who, period: toMs(config.maxWaitTime) },
      beatAgo: () => this.engine.beatAgo(),
      running: () => this.assignment.running,
      lanes: () => this.assignment.lanes,
    })
  }

  /** Before anything fails, so that it is a topic of this member when something does. */
  #missing(topic: string): void {
    const like = this.#topics.originOf(topic)
    if (like === undefined || !this.#parts.config.createDeadLetterTopic) return
    // In a turn of its own: of the other topics it may only be known then how many partitions they have.
    void Promise.resolve().then(() => this.engine.createTopic(topic, like).catch(() => {}))
  }

  #hold(until: Promise<void>): void {
    const { clock } = this.#parts
    this.#isHeld = true
    void within(clock, until, clock.now() + MOST_HELD_MS).then(() => {
      this.#isHeld = false
      this.turns.poke()
    })
  }

  #makeSink(): EngineSink {
    const { assignment } = this
    return {
      assigned: added => assignment.assigned(added),
      revoked: gone => assignment.revoked(gone),
      lost: gone => assignment.lost(gone),
      records: batch => assignment.records(batch),
      wants: of => assignment.wants(of),
      failed: error => this.#ends.engineFailed(error),
    }
  }

  #failed(failure: Failure): Decision {
    const { bus, description } = this.#parts
    const policy = this.#topics.policy(failure.topic)
    const decision = decide(failure, policy)
    bus.publish('message.failed', failedEvent(failure, decision, policy))
    this.hooks.error(failure.error, () => errorInfo(failure, description.consumer, decision))
    if (decision.kind === 'fail') this.#ends.failed(handlerFailed(failure))
    return decision
  }

  #stuck(attempt: Attempt): void {
    const { config } = this.#parts
    const why = `its handler has not settled ${config.rebalanceDrainTimeout} s after its signal aborted`
    const lane = this.assignment.lanes.find(({ inHand }) => inHand === attempt)
    if (lane) this.assignment.giveUp(lane, why)
    this.#ends.failed(new RacecarError('HANDLER_STUCK', `${keyOf(attempt.of)} at offset ${attempt.offset}: ${why}.`))
  }
}

function handlerFailed({ topic, partition, offset, error }: Failure): RacecarError {
  const why = reasonOf(error)
  return new RacecarError('HANDLER_FAILED', `${keyOf({ topic, partition })} at offset ${offset} failed: ${why}`, {
    cause: error,
  })
}

function loggerTo(bus: Bus, from: string): Logger {
  const at = (level: Level) => (message: string, fields?: Record<string, unknown>) =>
    bus.publish('line', { level, message, from, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
