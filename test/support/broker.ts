// Where tests get a Kafka from. The work is done by scripts/broker.d, which the command line uses too; this adds types and Kafka's own programs.

import type { KafkaCluster, KafkaNode, PrivateCluster, PrivateOptions } from '../../scripts/broker.d/index.mjs'
import { kafkaRuntime, sharedCluster, startPrivate, startShared } from '../../scripts/broker.d/index.mjs'

export type { KafkaCluster, KafkaNode, PrivateCluster }

/** The address of the broker that all tests share, started if it does not run. Quick when it does: ask wherever it is needed. */
export const brokers = (): Promise<string> => startShared()

/** A Kafka of the test's own, to be ended and restarted at will. Call `remove()` at the end, or declare it with `await using`. */
export const privateBroker = (options: Omit<PrivateOptions, 'brokers'> = {}): Promise<PrivateCluster> =>
  startPrivate(options)

/** Two brokers of the test's own, with a controller that lives on when one of them is killed. */
export const privateBrokers = (options: Omit<PrivateOptions, 'brokers'> = {}): Promise<PrivateCluster> =>
  startPrivate({ ...options, brokers: 2 })

/** The two brokers that tests share, both up. A test that ends one of them starts it again. */
export const twoBrokers = (): Promise<KafkaCluster> => sharedCluster({ brokers: 2 })

/** Command and arguments to run one of Kafka's own programs, such as `org.apache.kafka.tools.consumer.ConsoleConsumer`. */
export async function kafkaProgram(
  mainClass: string,
  args: readonly string[],
): Promise<{ command: string; args: string[] }> {
  const { java, classPath } = await kafkaRuntime()
  const flags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  return { command: java, args: [...flags, '-cp', classPath, mainClass, ...args] }
}
