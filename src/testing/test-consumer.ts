// Runs a consumer class in a unit test: its description and options are checked, and it is run, by what does so in production;
// only the Kafka below it is in memory, and time is moved by the test.

import type { RunnableConsumer } from '../consumer/consumer.ts'
import { Driver } from './driver.ts'
import { turned } from './fake-clock.ts'
import { mustKnow, prepare, type RunOptions, setUp } from './set-up.ts'
import { TestedConsumer } from './tested-consumer.ts'
import { UserCode } from './user-code.ts'
import { World } from './world.ts'

export interface TestOptions<C = object> extends RunOptions<C> {
  /** Of each topic; 1 by default. */
  readonly partitions?: number
  /** Seconds of real time in which a handler must come to its end; 4 by default. */
  readonly patience?: number
}

const OPTIONS = ['partitions', 'config', 'onError', 'prepare', 'name', 'patience'] satisfies (keyof TestOptions)[]

/** Below the 5 seconds that test runners give a test. */
const PATIENCE = 4

/**
 * Starts the consumer on a Kafka in memory: initialized, and with all partitions assigned. Rejects as the command would end:
 * with CONSUMER_INVALID, CONFIG or START_FAILED.
 */
export async function testConsumer<C extends RunnableConsumer>(
  consumer: C,
  options: TestOptions<InstanceType<C>> = {},
): Promise<TestedConsumer<InstanceType<C>>> {
  const set = setUp(consumer, options, 'testConsumer')
  mustKnow(options, OPTIONS, 'testConsumer')
  const { partitions = 1, patience = PATIENCE } = options
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new TypeError(`partitions must be a whole number, at least 1, not ${String(partitions)}`)
  const { name, config, groupId, subscribed, retryTopics } = set
  const code = new UserCode(patience * 1000)
  const driver = new Driver({ code, guard: () => world.guard() })
  const { clock } = driver
  const { partitioner } = config
  const world: World = new World({ clock, groupId, partitions, subscribed, retryTopics, partitioner })
  const prepared = await prepare(set, options, {
    code,
    clock,
    engine: world.engine,
    standIn: (value, to) => world.store(value, to),
    instanceId: `${config.groupInstanceId ?? groupId}-0`,
    whenTurned: turned,
  })
  return TestedConsumer.start({ name, ...prepared, driver, world, config })
}
