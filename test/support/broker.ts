// Where tests get a Kafka from. The work is done by scripts/broker.d, which the command line uses too; this adds types and Kafka's own programs.

import type { KafkaCluster, KafkaNode, PrivateCluster, PrivateOptions } from '../../scripts/broker.d/index.mjs'
import { kafkaRuntime, sharedCluster, startPrivate, startShared } from '../../scripts/broker.d/index.mjs'
import { EmbeddedCluster } from './embedded-cluster.ts'
import { leftovers } from './leftovers.ts'

export type { KafkaCluster, KafkaNode, PrivateCluster }

/** The same tests on an embedded Kafka: vitest.config.ts says which, and test/README.md why not all. */
const isEmbedded = process.env.KAFKA_TEST_ON === 'embedded'

const embedded: { cluster: Promise<EmbeddedCluster> | undefined } = { cluster: undefined }
const removeShared = async () => (await embedded.cluster)?.remove()

/** The address of the broker that all tests share, started if it does not run. Quick when it does: ask wherever it is needed. */
export async function brokers(): Promise<string> {
  if (!isEmbedded) return startShared()
  embedded.cluster ??= EmbeddedCluster.start()
  const cluster = await embedded.cluster
  if (!leftovers.includes(removeShared)) leftovers.push(removeShared)
  return cluster.address
}

/** A Kafka of the test's own, to be ended and restarted at will. Call `remove()` at the end, or declare it with `await using`. */
export const privateBroker = (options: Omit<PrivateOptions, 'brokers'> = {}): Promise<PrivateCluster> =>
  isEmbedded ? EmbeddedCluster.start() : startPrivate(options)

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
