// The broker that all tests and the demo share: where it comes from, in order, and how it ends. One at a time, however many ask at once.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole, KafkaCluster, untilReady } from './cluster.mjs'
import { dockerDown, dockerUp, hasDocker } from './docker.mjs'
import { withLock } from './lock.mjs'
import { addressesOf, BrokerError, isBroker, sharedLayout } from './places.mjs'
import { sweep } from './reserve.mjs'
import { kafkaRuntime } from './runtime.mjs'
import { describeCluster } from './wire.mjs'

const quietly = () => {}

// Never RACECAR_BROKERS: nobody's staging gets our topics. Two brokers that tests may kill are always our own.
const given = brokers => (brokers === 1 ? process.env.KAFKA_TEST_BROKERS || undefined : undefined)

const containerMark = layout => join(layout.folder, 'in-docker')

/** Sees to it that the broker is there, and resolves to its address. */
export async function startShared({ brokers = 1, keep = false, report = quietly } = {}) {
  const address = given(brokers)
  if (address) return answeringAt(address)
  const layout = sharedLayout(brokers)
  await sweep()
  if (await isWhole(layout)) return addressesOf(layout.nodes)
  await withLock(layout.lockPort, async () => {
    if (await isWhole(layout)) return
    if (await inDocker(layout, keep, report)) return
    await withJars(layout, keep, report)
  })
  return addressesOf(layout.nodes)
}

async function answeringAt(address) {
  for (const place of address.split(',')) {
    const [, host, port] = place.trim().match(/^\[?([^\]]+?)\]?(?::(\d+))?$/) ?? []
    const answer = await describeCluster({ host, port: Number(port ?? 9092), limit: 5000 }).catch(() => undefined)
    if (answer) return address
  }
  throw new BrokerError(
    `KAFKA_TEST_BROKERS is ${address}, and no Kafka answers there: start it, or unset the variable.`,
  )
}

async function inDocker(layout, keep, report) {
  // Two brokers are there to be killed one by one, which wants processes of our own.
  const single = layout.nodes.length === 1
  if (!single || hasOwnProcess(layout) || !(await hasDocker())) return false
  report(`Starting Kafka in Docker at ${addressesOf(layout.nodes)}.`)
  mkdirSync(layout.folder, { recursive: true })
  writeFileSync(containerMark(layout), '')
  try {
    await dockerUp(layout, keep)
    await untilReady(layout, 120_000)
    return true
  } catch (error) {
    report(`Docker could not start Kafka (${lastLine(error)}): trying with Java.`)
    await dockerDown(layout).catch(quietly)
    rmSync(containerMark(layout), { force: true })
    return false
  }
}

const lastLine = error =>
  String(error.stderr || error.message)
    .trim()
    .split('\n')
    .at(-1)

const hasOwnProcess = layout => new KafkaCluster({ layout }).nodes.some(node => node.alive())

async function withJars(layout, keep, report) {
  const runtime = await kafkaRuntime(report)
  report(`Starting Kafka at ${addressesOf(layout.nodes)}.`)
  const cluster = new KafkaCluster({ layout, runtime, jvm: 'full', detached: true })
  await cluster.start({ keep })
}

/** Ends the broker if it is ours. Resolves to a sentence, or undefined when nothing was running. */
export async function stopShared({ brokers = 1 } = {}) {
  if (given(brokers)) return 'KAFKA_TEST_BROKERS is not ours to stop.'
  const layout = sharedLayout(brokers)
  return withLock(layout.lockPort, async () => {
    await sweep()
    const stopped = await stopOwn(layout)
    const left = await describeCluster({ port: layout.nodes.find(isBroker).ports.client }).catch(() => undefined)
    if (left)
      throw new BrokerError(`The Kafka at ${addressesOf(layout.nodes)} was not started from here: left alone.`, 1)
    return stopped ? `Stopped the Kafka at ${addressesOf(layout.nodes)}.` : undefined
  })
}

async function stopOwn(layout) {
  if (existsSync(containerMark(layout))) {
    await dockerDown(layout)
    rmSync(containerMark(layout))
    return true
  }
  if (!hasOwnProcess(layout)) return false
  await new KafkaCluster({ layout }).stop()
  return true
}

/** `{ up, address }`: whether the broker answers now. Starts nothing. */
export async function statusOfShared({ brokers = 1 } = {}) {
  const address = given(brokers)
  if (address) {
    const up = await answeringAt(address).then(
      () => true,
      () => false,
    )
    return { up, address }
  }
  const layout = sharedLayout(brokers)
  return { up: await isWhole(layout), address: addressesOf(layout.nodes) }
}

/** The shared cluster with a handle on each of its processes, for tests that end and restart them. */
export async function sharedCluster({ brokers = 2, report = quietly } = {}) {
  await startShared({ brokers, report })
  const layout = sharedLayout(brokers)
  return new KafkaCluster({ layout, runtime: await kafkaRuntime(report), jvm: 'full', detached: true })
}
