// One Kafka as its user holds it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Log } from './calls.ts'
import { Control } from './control.ts'
import type { NewTopic, OpenParams } from './protocol.ts'
import { type Lease, lease } from './thread.ts'

export interface TopicShape {
  /** 1 by default. */
  readonly partitions?: number
  /** By Kafka's names, such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string>>
}

/** Names; or names with numbers of partitions; or with more. */
export type Topics = readonly string[] | Readonly<Record<string, number | TopicShape>>

export interface KafkaOptions {
  /** Of the first broker, on the loopback address; any that is free by default. */
  readonly port?: number
  /** How many; 1 by default. */
  readonly brokers?: number
  /** Made at the start where they are missing. */
  readonly topics?: Topics
  /** Of topics whose number of partitions is not given; 1 by default. */
  readonly partitions?: number
  /** Kept at `stop()`, and found again by the next start. Without it the data lives in a temporary folder that goes with the broker. */
  readonly directory?: string
  /** A broker's own settings by Kafka's names: `message.max.bytes`, `group.min.session.timeout.ms` (milliseconds). */
  readonly config?: Readonly<Record<string, string>>
  /** Gets what the broker complains of; by default it goes to standard error. */
  readonly log?: Log
}

export interface Kafka extends AsyncDisposable {
  /** `127.0.0.1:port` of each, as clients take it. */
  readonly brokers: readonly string[]
  /** Refuses names that are taken. */
  createTopics(topics: Topics): Promise<void>
  deleteTopics(...names: string[]): Promise<void>
  /** The offset after the last message of each partition; empty where there is no such topic. */
  ends(topic: string): Promise<readonly number[]>
  /** The offset that a group has committed for each partition; null where it has none. */
  committed(group: string, topic: string): Promise<readonly (number | null)[]>
  /** Errors, delays, and brokers that go, to test clients with. */
  readonly control: Control
  /** Ends connections and frees the ports; may be called again. */
  stop(): Promise<void>
}

const numbers = { last: 0 }

/**
 * Resolves when it takes connections, after some tenths of a second. Rejects with the code EADDRINUSE when the port is taken, and
 * with ELOCKED when another one uses the directory. Not for production: data that was acknowledged can be lost with the machine.
 */
export async function startKafka({ directory, ...options }: KafkaOptions = {}): Promise<Kafka> {
  const place = directory === undefined ? temporary() : { directory: resolve(directory), remove: () => {} }
  try {
    return await open(await lease(), { ...options, ...place })
  } catch (error) {
    place.remove()
    throw error
  }
}

interface Place {
  /** '': in memory, which is quicker, and does for little. */
  readonly directory: string
  /** Called when the Kafka has stopped. */
  readonly remove: () => void
}

/** What is left of them goes with the process. */
const temporaries = new Set<string>()

function temporary(): Place {
  if (temporaries.size === 0) process.once('exit', removeAll)
  const directory = mkdtempSync(join(tmpdir(), 'racecar-embedded-'))
  temporaries.add(directory)
  const remove = () => {
    temporaries.delete(directory)
    if (temporaries.size === 0) process.off('exit', removeAll)
    rmSync(directory, { recursive: true, force: true })
  }
  return { directory, remove }
}

function removeAll(): void {
  for (const directory of temporaries) rmSync(directory, { recursive: true, force: true })
}

/** On a thread that is somebody's already. */
export async function open(lease: Lease, options: Omit<KafkaOptions, 'directory'> & Place): Promise<Kafka> {
  const { call } = lease
  const { partitions = 1, log = complain } = options
  const cluster = ++numbers.last
  const offLog = lease.onLog(log)
  try {
    const ports = await call<number[]>('open', paramsOf(cluster, options))
    const stopped = { promise: undefined as Promise<void> | undefined }
    const stop = () => {
      stopped.promise ??= call('close', { cluster }).finally(async () => {
        offLog()
        await lease.release()
        options.remove()
      })
      return stopped.promise
    }
    return {
      brokers: ports.map(port => `127.0.0.1:${port}`),
      createTopics: more => call('createTopics', { cluster, topics: shapes(more, partitions) }),
      deleteTopics: (...names) => call('deleteTopics', { cluster, topics: names }),
      ends: topic => call('ends', { cluster, topic }),
      committed: (group, topic) => call('committed', { cluster, group, topic }),
      control: new Control({ cluster, call, ports }),
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    offLog()
    await lease.release()
    throw error
  }
}

function paramsOf(cluster: number, options: KafkaOptions & Place): OpenParams {
  const { port = 0, brokers = 1, topics = [], partitions = 1, directory, config = {} } = options
  for (const [name, count] of Object.entries({ brokers, partitions }))
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${name} is ${count}: give a whole number from 1`)
  return {
    cluster,
    ports: [port, ...Array(brokers - 1).fill(0)],
    directory,
    topics: shapes(topics, partitions),
    partitions,
    config,
  }
}

const complain: Log = (_, line) => void process.stderr.write(`racecar-embedded: ${line}\n`)

function shapes(topics: Topics, otherwise: number): NewTopic[] {
  const isNames = (given: Topics): given is readonly string[] => Array.isArray(given)
  const given = isNames(topics) ? topics.map(name => [name, {}] as const) : Object.entries(topics)
  return given.map(([name, shape]) => {
    const { partitions = otherwise, config = {} } =
      typeof shape === 'number' ? { partitions: shape } : (shape as TopicShape)
    return { name, partitions, config }
  })
}
