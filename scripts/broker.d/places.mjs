// Where the brokers for tests live: folders, ports, cluster ids. Pure arithmetic: starts nothing and asks nothing of the network.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const here = fileURLToPath(new URL('.', import.meta.url))
export const cache = join(root, '.cache', 'kafka')
export const runFolder = join(cache, 'run')
export const host = '127.0.0.1'

/** Said in one sentence to the person at the terminal, with the code the command ends with. */
export class BrokerError extends Error {
  constructor(message, exitCode = 69) {
    super(message)
    this.name = 'BrokerError'
    this.exitCode = exitCode
  }
}

/**
 * The ports of one node. `client` is the plain listener. `proxied` is a second one, which tells clients that it lives at `proxy`:
 * there a test's proxy listens and passes on to `proxied`, and a client that came through it stays on it. `secured` is taken only by a
 * broker that is told to have a listener with TLS.
 */
export function portsAt(base) {
  return { client: base + 2, controller: base + 3, proxied: base + 4, proxy: base + 5, secured: base + 6 }
}

/** The nodes of a cluster whose ports begin at `base`: one that does it all, or a controller with two brokers, each of which can be killed. */
export function layout({ folder, base, brokers, clusterId }) {
  const node = (id, role, at) => ({ id, role, folder: join(folder, `node-${id}`), ports: portsAt(at) })
  const nodes =
    brokers === 1
      ? [node(1, 'broker,controller', base)]
      : [node(100, 'controller', base), node(1, 'broker', base + 10), node(2, 'broker', base + 20)]
  return { folder, clusterId, lockPort: base + 1, nodes }
}

/** How many ports a cluster takes from its base on. */
export const portsTaken = brokers => (brokers === 1 ? 10 : 30)

/** The clusters that all tests share. KAFKA_TEST_PORT moves them where 19092 is somebody else's. */
export function sharedLayout(brokers, env = process.env) {
  const first = Number(env.KAFKA_TEST_PORT || 19092)
  if (!Number.isInteger(first) || first < 1024 || first > 60000) {
    throw new BrokerError(`KAFKA_TEST_PORT is "${env.KAFKA_TEST_PORT}": give a port between 1024 and 60000.`, 64)
  }
  // A cluster is known by its id, so that a Kafka of somebody else's on the same port is never taken for ours.
  return brokers === 1
    ? layout({ folder: join(runFolder, `one-${first}`), base: first - 2, brokers, clusterId: 'racecar-test-broker-1A' })
    : layout({
        folder: join(runFolder, `two-${first}`),
        base: first + 98,
        brokers,
        clusterId: 'racecar-test-broker-2A',
      })
}

export const isBroker = node => node.role.includes('broker')
export const addressOf = node => `${host}:${node.ports.client}`
export const addressesOf = nodes => nodes.filter(isBroker).map(addressOf).join(',')
