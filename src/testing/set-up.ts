// From a consumer class and what a test says of it to a runner around its one instance, watched: what a worker and its primary do, for
// a Kafka in memory and for a real one.

import { groupIdOf } from '../config/group.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { retryTopicsOf } from '../config/retry-topics.ts'
import { type ConsumerClass, describe, isConsumerClass, ownNameOf } from '../consumer/consumer.ts'
import { RacecarError } from '../errors.ts'
import { type Bus, createBus } from '../events/bus.ts'
import { tellFailures } from '../events/subscribe.ts'
import { nearest } from '../lib/nearest.ts'
import type { Description } from '../messages.ts'
import type { StandIn } from '../producer/surroundings.ts'
import type { OnError, Runner, RunnerParts } from '../runner/runner.ts'
import { instantiate, runnerOf } from '../worker/prepare.ts'
import type { UserCode } from './user-code.ts'
import { Journal, watched } from './watched.ts'

export interface RunOptions<C = object> {
  /** Options as in the reference, in camelCase, over those of the class. Variables and files are not read. */
  readonly config?: Partial<Config>
  readonly onError?: OnError
  /** Called with the instance before it is initialized: the moment to put something in the place of what it talks to. */
  readonly prepare?: (consumer: C) => unknown
  /** The name that the consumer is run by; by default its `consumerName`, or the name of the class. */
  readonly name?: string
}

export interface SetUp {
  readonly cls: ConsumerClass
  readonly name: string
  readonly description: Description
  readonly config: Config
  readonly groupId: string
  readonly subscribed: readonly string[]
  readonly retryTopics: readonly string[]
}

/** What a worker and its primary find out before anything runs. `who` is named where it is no consumer. */
export function setUp(cls: unknown, { config: given = {}, name: called }: RunOptions<never>, who: string): SetUp {
  if (!isConsumerClass(cls)) throw new TypeError(`${who} takes a class that extends Consumer of racecar`)
  const name = called ?? nameOf(cls, who)
  const description = describe(name, cls)
  const { options: classOptions, subscriptions } = description
  const { config } = loadConfig({ classOptions, subscriptions, consumer: name, given })
  const subscribed = description.subscriptions.map(({ topic }) => topic)
  const groupId = groupIdOf(name, config)
  const retryTopics = retryTopicsOf(description, config, groupId).map(one => one.name)
  return { cls, name, description, config, groupId, subscribed, retryTopics }
}

function nameOf(cls: ConsumerClass, who: string): string {
  const name = ownNameOf(cls) ?? cls.name
  if (name === '') throw new RacecarError('CONSUMER_INVALID', `The class has no name: ${who}(…, { name: … }).`)
  return name
}

export function mustKnow(options: object, known: readonly string[], who: string): void {
  const odd = Object.keys(options).find(option => !known.includes(option))
  if (odd === undefined) return
  const meant = nearest(odd, known)
  throw new TypeError(`${who} knows no ${odd}${meant ? `; did you mean ${meant}?` : ''}`)
}

interface Around extends Pick<RunnerParts, 'engine' | 'clock' | 'instanceId' | 'whenTurned'> {
  readonly code: UserCode
  /** Where what the consumer's code produces otherwise than by this.produce() goes; undefined: nothing stands in for Kafka. */
  readonly standIn?: StandIn
}

export interface Prepared<C> {
  readonly consumer: C
  readonly runner: Runner
  readonly journal: Journal
}

/** Throws START_FAILED where the constructor throws. */
export async function prepare<C>(set: SetUp, options: RunOptions<C>, around: Around): Promise<Prepared<C>> {
  const { code, standIn, ...parts } = around
  const journal = new Journal(set.name)
  const bus = listening(journal)
  const instance = instantiate(set.cls)
  await options.prepare?.(instance as C)
  const runner = runnerOf(set.cls, {
    ...parts,
    consumer: watched(instance, { code, journal, standIn }),
    description: set.description,
    config: set.config,
    groupId: set.groupId,
    bus,
    onError: noting(journal, code, options.onError),
  })
  void runner.done.then(tellFailures(bus))
  return { consumer: instance as C, runner, journal }
}

function listening(journal: Journal): Bus {
  const bus = createBus()
  bus.on('line', ({ level, message, fields }) => journal.logged.push({ level, message, fields }))
  bus.on('subscriber.failed', ({ to, error }) => journal.hookFailed(`events.on ${to}`, { error }))
  bus.on('handler.given.up', ({ offset, ...of }) => journal.gaveUp(of, offset))
  return bus
}

const noting =
  (journal: Journal, code: UserCode, onError: OnError | undefined): OnError =>
  (error, info) => {
    journal.errors.push({ error, ...info })
    if (!onError) return
    return code.watch({
      what: 'onError()',
      run: () => onError(error, info),
      ended: failure => failure && journal.hookFailed('onError', failure),
    })
  }
