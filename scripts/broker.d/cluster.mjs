// Several nodes as one Kafka: up when every broker knows every other and groups work. Knows nothing of who uses it,
// nor whether it is shared or private.
import { setTimeout as delay } from 'node:timers/promises'
import { KafkaNode } from './node.mjs'
import { addressesOf, BrokerError, isBroker } from './places.mjs'
import { describeCluster, findsCoordinator } from './wire.mjs'

export class KafkaCluster {
  constructor({ layout, runtime, settings, secured, jvm, detached }) {
    this.layout = layout
    this.nodes = layout.nodes.map(
      node =>
        new KafkaNode({
          ...{ node, cluster: layout, runtime, extra: settings, secured, jvm, detached },
          javaOptions: secured?.javaOptions ?? [],
        }),
    )
  }

  get address() {
    return addressesOf(this.layout.nodes)
  }

  /** The nodes that clients speak to, in the order of their ids. */
  get brokers() {
    return this.nodes.filter(({ node }) => isBroker(node))
  }

  /** The node that decides about leaders; with one broker it is the broker itself. */
  get controller() {
    return this.nodes.find(({ node }) => node.role.includes('controller'))
  }

  /** Starts what does not run. A node that runs and does not answer is ended first. */
  async start({ keep = true, limit = 60_000 } = {}) {
    if (!keep && !this.nodes.some(node => node.alive())) for (const node of this.nodes) node.wipe()
    const late = this.nodes.filter(node => node.alive())
    await Promise.all(late.map(node => node.answering(15_000).catch(() => node.stop())))
    await Promise.all(this.nodes.map(node => (node.alive() ? undefined : node.launch())))
    await Promise.all(this.nodes.map(node => node.answering(limit)))
    await untilReady(this.layout, limit)
  }

  /** Brokers first: a broker's clean stop asks the controller for leave. */
  async stop() {
    await Promise.all(this.brokers.map(node => node.stop()))
    await this.controller.stop()
  }
}

/** Resolves when all brokers know each other and groups work, the offsets topic included. */
export async function untilReady(layout, limit) {
  const end = performance.now() + limit
  const { client } = layout.nodes.find(isBroker).ports
  while (!(await isWhole(layout)) || !(await findsCoordinator({ port: client }).catch(() => false))) {
    if (performance.now() > end) {
      throw new BrokerError(`Kafka at ${addressesOf(layout.nodes)} did not come up within ${limit / 1000} s.`)
    }
    await delay(100)
  }
}

/**
 * Whether the cluster of this layout answers with all its brokers. Throws when a Kafka answers that is not the one meant:
 * our topics must never land in somebody else's.
 */
export async function isWhole(layout) {
  const brokers = layout.nodes.filter(isBroker)
  const answers = await Promise.all(
    brokers.map(({ ports }) => describeCluster({ port: ports.client }).catch(() => undefined)),
  )
  const stranger = answers.find(answer => answer && answer.clusterId !== layout.clusterId)
  if (stranger) {
    throw new BrokerError(
      `At ${addressesOf(layout.nodes)} answers a Kafka that is not for tests (cluster ${stranger.clusterId}): set KAFKA_TEST_PORT to another port.`,
    )
  }
  return answers.every(answer => answer && brokers.every(({ id }) => answer.brokers.some(known => known.id === id)))
}
