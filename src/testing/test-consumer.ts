// Runs a consumer class in a unit test: its description and options are checked, and it is run, by what does so in production;
// only the Kafka below it is in memory, and time is moved by the test.

import { groupIdOf } from '../config/group.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { type ConsumerClass, describe, isConsumerClass, type RunnableConsumer } from '../consumer/consumer.ts'
import { RacecarError } from '../errors.ts'
import { type Bus, createBus } from '../events/bus.ts'
import { nearest } from '../lib/nearest.ts'
import type { OnError } from '../runner/runner.ts'
import { instantiate, runnerOf } from '../worker/prepare.ts'
import { Driver } from './driver.ts'
import { turned } from './fake-clock.ts'
import { TestedConsumer } from './tested-consumer.ts'
import { UserCode } from './user-code.ts'
import { Journal, watched } from './watched.ts'
import { World } from './world.ts'

export interface TestOptions<C = object> {
  /** Of each topic; 1 by default. */
  readonly partitions?: number
  /** Options as in the reference, in camelCase, over those of the class. Variables and files are not read. */
  readonly config?: Partial<Config>
  readonly onError?: OnError
  /** Called with the instance before it is initialized: the moment to put something in the place of what it talks to. */
  readonly prepare?: (consumer: C) => unknown
  /** The name that the consumer is run by; by default its `consumerName`, or the name of the class. */
  readonly name?: string
  /** Seconds of real time in which a handler must come to its end; 4 by default. */
  readonly patience?: number
}

/**
 * Starts the consumer on a Kafka in memory: initialized, and with all partitions assigned. Rejects as the command would end:
 * with CONSUMER_INVALID, CONFIG or START_FAILED.
 */
export async function testConsumer<C extends RunnableConsumer>(
  consumer: C,
  options: TestOptions<InstanceType<C>> = {},
): Promise<TestedConsumer<InstanceType<C>>> {
  const cls: unknown = consumer
  if (!isConsumerClass(cls)) throw new TypeError('testConsumer takes a class that extends Consumer of racecar')
  mustKnow(options)
  const { description, config, groupId } = setUp(cls, options)
  const name = description.consumer
  const code = new UserCode((options.patience ?? PATIENCE) * 1000)
  const journal = new Journal(name)
  const driver = new Driver({ code, guard: () => world.guard() })
  const world: World = new World({
    clock: driver.clock,
    groupId,
    partitions: options.partitions ?? 1,
    subscribed: description.subscriptions.map(({ topic }) => topic),
  })
  const instance = instantiate(cls) as InstanceType<C>
  await options.prepare?.(instance)
  const runner = runnerOf(cls, {
    consumer: watched(instance, { code, journal }),
    description,
    config,
    groupId,
    instanceId: `${config.groupInstanceId ?? groupId}-0`,
    engine: world.engine,
    bus: listening(journal),
    clock: driver.clock,
    onError: noting(journal, code, options.onError),
    whenTurned: turned,
  })
  return TestedConsumer.start({ name, consumer: instance, runner, driver, world, journal, config })
}

/** What a worker and its primary find out before anything runs. */
function setUp(cls: ConsumerClass, options: Pick<TestOptions, 'name' | 'config'>) {
  const name = options.name ?? nameOf(cls)
  const description = describe(name, cls)
  const given = options.config ?? {}
  const { config } = loadConfig({ classOptions: description.options, consumer: name, given })
  return { description, config, groupId: groupIdOf(name, config) }
}

/** Below the 5 seconds that test runners give a test. */
const PATIENCE = 4

function nameOf(cls: ConsumerClass): string {
  const name = (Object.hasOwn(cls, 'consumerName') && cls.consumerName) || cls.name
  if (name === '') throw new RacecarError('CONSUMER_INVALID', 'The class has no name: testConsumer(…, { name: … }).')
  return name
}

const OPTIONS: readonly string[] = [
  'partitions',
  'config',
  'onError',
  'prepare',
  'name',
  'patience',
] satisfies (keyof TestOptions)[]

function mustKnow(options: TestOptions<never>): void {
  const odd = Object.keys(options).find(option => !OPTIONS.includes(option))
  if (odd !== undefined) {
    const meant = nearest(odd, OPTIONS)
    throw new TypeError(`testConsumer knows no ${odd}${meant ? `; did you mean ${meant}?` : ''}`)
  }
  const { partitions = 1 } = options
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new TypeError(`partitions must be a whole number, at least 1, not ${String(partitions)}`)
}

function listening(journal: Journal): Bus {
  const bus = createBus()
  bus.on('line', ({ level, message, fields }) => journal.logged.push({ level, message, fields }))
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
