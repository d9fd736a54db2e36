// A Kafka of one test's own: own ports, own data, gone with the process that asked for it. For what must not happen to the broker
// that others use: kills, pauses, restarts, other settings.
import { rmSync } from 'node:fs'
import { KafkaCluster } from './cluster.mjs'
import { newId } from './node.mjs'
import { layout } from './places.mjs'
import { signal } from './processes.mjs'
import { reserve, sweep } from './reserve.mjs'
import { kafkaRuntime } from './runtime.mjs'

/** Starts it and resolves to its handle. `remove()` ends it and gives back its ports; a dead owner's is swept up by the next start. */
export async function startPrivate({ brokers = 1, settings = {}, secured, jvm = 'quick', report = () => {} } = {}) {
  await sweep()
  const runtime = await kafkaRuntime(report)
  const place = await reserve(brokers)
  const cluster = new PrivateCluster({
    layout: layout({ ...place, brokers, clusterId: newId() }),
    runtime,
    settings,
    secured,
    jvm,
  })
  try {
    await cluster.start()
  } catch (error) {
    await cluster.remove()
    throw error
  }
  return cluster
}

export class PrivateCluster extends KafkaCluster {
  constructor(collaborators) {
    super(collaborators)
    this.onExit = () => {
      for (const node of this.nodes) signal(node.identity, 'SIGKILL')
    }
    process.on('exit', this.onExit)
  }

  async remove() {
    // Nobody will ask for its data again: no need for a clean end.
    await Promise.all(this.nodes.map(node => node.kill()))
    process.removeListener('exit', this.onExit)
    rmSync(this.layout.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose]() {
    return this.remove()
  }
}
