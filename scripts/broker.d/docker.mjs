// The shared broker in a container, where a Docker engine runs. Knows docker-compose.yml by its place.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from './places.mjs'

const run = promisify(execFile)

const works = (command, ...args) =>
  run(command, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  )

/** A Docker client without an engine behind it is common: only an engine that answers counts. */
export const hasDocker = async () => (await works('docker', 'info')) && (await works('docker', 'compose', 'version'))

function compose({ lockPort, nodes: [node] }, ...args) {
  const { client, proxied, proxy } = node.ports
  const ports = { TEST_PORT_CLIENT: String(client), TEST_PORT_PROXIED: String(proxied), TEST_PORT_PROXY: String(proxy) }
  // Named by its ports, so that a broker on other ports does not take this one's container away.
  const name = `racecar-test-broker-${lockPort}`
  return run('docker', ['compose', '--project-name', name, ...args], {
    cwd: root,
    env: { ...process.env, ...ports },
    maxBuffer: 1 << 26,
  })
}

/** Starts the container, on new data unless the old is to be kept. */
export const dockerUp = (layout, keep) =>
  compose(layout, 'up', '--detach', ...(keep ? [] : ['--force-recreate', '--renew-anon-volumes']))

export const dockerDown = layout => compose(layout, 'stop')
