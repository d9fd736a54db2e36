// Finds Java 17 or newer and Maven, and installs them where that is nobody's business but ours: on Debian, as root.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BrokerError } from './places.mjs'

const run = promisify(execFile)
const oldest = 17

/** Path and version of a Java that is new enough, or undefined. */
export function findJava(env = process.env) {
  const candidates = [...(env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java')] : []), 'java']
  for (const command of candidates) {
    const version = versionOf(command)
    if (version !== undefined && Number.parseInt(version, 10) >= oldest) return { command, version }
  }
  return undefined
}

function versionOf(command) {
  // It writes to standard error, and says nothing useful where it is only a stub that wants to be installed.
  const { stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' })
  return stderr?.match(/version "([^"]+)"/)?.[1]
}

export const hasMaven = () => spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status === 0

const canInstall = () => process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get')

const onPath = command =>
  (process.env.PATH ?? '').split(':').some(folder => folder !== '' && existsSync(join(folder, command)))

async function install(packages, report) {
  report(`Installing ${packages.join(' and ')} (apt-get).`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const get = () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env, maxBuffer: 1 << 26 })
  try {
    await get()
  } catch {
    await run('apt-get', ['update', '-qq'], { env, maxBuffer: 1 << 26 })
    await get()
  }
}

async function installOrSay(packages, report, sentence) {
  if (!canInstall()) throw new BrokerError(sentence)
  try {
    await install(packages, report)
  } catch (error) {
    throw new BrokerError(
      `${sentence} (apt-get could not do it: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .at(-1)})`,
    )
  }
}

/** A Java to run with, installed first if it must and may be. */
export async function needJava(report) {
  const found = findJava()
  if (found) return found
  const sentence =
    'No Kafka to test with: install Docker, or Java 17 and Maven, or set KAFKA_TEST_BROKERS to one that is there.'
  await installOrSay(['openjdk-17-jre-headless'], report, sentence)
  const installed = findJava()
  if (!installed) throw new BrokerError(sentence)
  return installed
}

/** Maven, installed first if it must and may be. */
export async function needMaven(report) {
  if (hasMaven()) return
  const sentence =
    "Maven is missing, which fetches Kafka's jars: install it (Debian: apt-get install maven), or Docker, or set KAFKA_TEST_BROKERS."
  await installOrSay(['maven'], report, sentence)
  if (!hasMaven()) throw new BrokerError(sentence)
}
