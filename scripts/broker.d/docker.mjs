// The shared broker in a container, where a Docker engine runs. Knows docker-compose.yml by its place; the ports and cluster ids there are those of places.mjs.
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

const compose = (layout, ...args) => {
  const profile = layout.nodes.length === 1 ? 'one' : 'two'
  const [first] = layout.nodes
  const env = { ...process.env, KAFKA_TEST_BASE: String(first.ports.client - 2) }
  return run('docker', ['compose', '--profile', profile, ...args], { cwd: root, env, maxBuffer: 1 << 26 })
}

const services = layout => (layout.nodes.length === 1 ? ['kafka'] : ['controller', 'kafka-1', 'kafka-2'])

export async function dockerUp(layout, keep) {
  const fresh = keep ? [] : ['--force-recreate', '--renew-anon-volumes']
  await compose(layout, 'up', '--detach', ...fresh, ...services(layout))
}

export async function dockerDown(layout) {
  await compose(layout, 'stop', ...services(layout))
}
