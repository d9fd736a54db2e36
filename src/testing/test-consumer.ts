// Runs a consumer class in a unit test: its description and options are checked, and it is run, by what does so in production;
// only the Kafka below it is in memory, and time is moved by the test.

import { groupIdOf } from '../config/group.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { type ConsumerClass, describe, isConsumerClass, parserOf, type RunnableConsumer } from '../consumer/consumer.ts'
import { RacecarError } from '../errors.ts'
import { type Bus, createBus } from '../events/bus.ts'
import type { OnError } from '../runner/runner.ts'
import { instantiate, runnerOf } from '../worker/prepare.ts'
import { Driver } from './driver.ts'
import { turned } from './fake-clock.ts'
import { TestedConsumer } from './tested-consumer.ts'
import { UserCode } from './user-code.ts'
import { Journal, watched } from './watched.ts'
import { World } from './world.ts'

export interface TestOptions {
  /** Of each topic; 1 by default. */
  readonly partitions?: number
  /** Options as in the reference, in camelCase, over those of the class. Variables and files are not read. */
  readonly config?: Partial<Config>
  readonly onError?: OnError
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
  options: TestOptions = {},
): Promise<TestedConsumer<InstanceType<C>>> {
  const cls: unknown = consumer
  if (!isConsumerClass(cls)) throw new TypeError('testConsumer takes a class that extends Consumer of racecar')
  const name = options.name ?? nameOf(cls)
  const description = describe(name, cls)
  const { config } = loadConfig({
    classOptions: description.options,
    consumer: name,
    ...(options.config ? { given: options.config } : {}),
  })
  const groupId = groupIdOf(name, config)
  const code = new UserCode((options.patience ?? PATIENCE) * 1000)
  const journal = new Journal(name)
  const driver = new Driver({ code, guard: () => world.guard() })
  const { clock } = driver
  const world: World = new World({
    clock,
    groupId,
    partitions: partitionsOf(options),
    subscribed: description.subscriptions.map(({ topic }) => topic),
    parsers: topic => parserOf(cls, topic),
  })
  const instance = instantiate(cls)
  const runner = runnerOf(cls, {
    consumer: watched(instance, { code, journal }),
    description,
    config,
    groupId,
    instanceId: `${config.groupInstanceId ?? groupId}-0`,
    engine: world.engine,
    bus: listening(journal),
    clock,
    onError: noting(journal, code, options.onError),
    whenTurned: turned,
  })
  const parts = { name, consumer: instance as InstanceType<C>, runner, driver, world, journal, config }
  return TestedConsumer.start(parts)
}

/** Below the 5 seconds that test runners give a test. */
const PATIENCE = 4

function nameOf(cls: ConsumerClass): string {
  const name = (Object.hasOwn(cls, 'consumerName') && cls.consumerName) || cls.name
  if (name === '') throw new RacecarError('CONSUMER_INVALID', 'The class has no name: testConsumer(…, { name: … }).')
  return name
}

function partitionsOf({ partitions = 1 }: TestOptions): number {
  if (Number.isInteger(partitions) && partitions > 0) return partitions
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
