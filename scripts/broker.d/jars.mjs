// Kafka's own jars, from Maven Central into the project's cache. Nothing gets on the class path that is not in the committed list,
// with the committed sum. Knows nothing of brokers.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { needMaven } from './java.mjs'
import { BrokerError, cache, here } from './places.mjs'

const run = promisify(execFile)
const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const manifestFile = join(here, 'kafka-jars.sha256')

const manifest = () =>
  readFileSync(manifestFile, 'utf8')
    .trim()
    .split('\n')
    .map(line => ({ sum: line.slice(0, 64), name: line.slice(66) }))

/** Changes whenever one of the jars does, so that a cache of other versions is never used. */
export const manifestKey = () => createHash('sha256').update(readFileSync(manifestFile)).digest('hex').slice(0, 12)

async function sumOf(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** The first jar that is missing or not what it should be, or undefined. */
async function firstWrong(folder) {
  for (const { name, sum } of manifest()) {
    const file = join(folder, name)
    if (!existsSync(file)) return `${name} is missing`
    if ((await sumOf(file)) !== sum) return `${name} does not have the sha256 of scripts/broker.d/kafka-jars.sha256`
  }
  return undefined
}

async function fetchInto(folder, report) {
  await needMaven(report)
  report("Fetching Kafka's jars from Maven Central (44 MB, once).")
  const options = [`-DoutputDirectory=${folder}`, '-DincludeScope=runtime', '-f', join(here, 'pom.xml')]
  try {
    await run('mvn', ['-q', '-B', '-ntp', '-Dstyle.color=never', ...options, goal], { maxBuffer: 1 << 26 })
  } catch (error) {
    const cause =
      `${error.stdout ?? ''}${error.stderr ?? ''}`.split('\n').find(line => line.includes('ERROR')) ?? error.message
    throw new BrokerError(`Maven could not fetch Kafka's jars: ${cause.replace(/^\[ERROR\]\s*/, '').slice(0, 300)}`)
  }
}

/** The class path of Kafka, checked jar by jar, fetched before if it is not there. */
export async function kafkaClassPath(report) {
  const folder = join(cache, `libs-${manifestKey()}`)
  const classPath = manifest()
    .map(({ name }) => join(folder, name))
    .join(':')
  if (existsSync(folder)) {
    const wrong = await firstWrong(folder)
    if (wrong === undefined) return classPath
    report(`The cached jars are damaged (${wrong}): fetching them again.`)
    rmSync(folder, { recursive: true, force: true })
  }
  // Filled beside its place and moved there whole: what stands at the place was checked, and two that fetch at once do no harm.
  const filling = join(cache, `filling-${process.pid}`)
  mkdirSync(filling, { recursive: true })
  try {
    await fetchInto(filling, report)
    const wrong = await firstWrong(filling)
    if (wrong !== undefined) throw new BrokerError(`What Maven fetched is not what was pinned: ${wrong}.`)
    if (!existsSync(folder)) renameSync(filling, folder)
  } finally {
    rmSync(filling, { recursive: true, force: true })
  }
  return classPath
}
