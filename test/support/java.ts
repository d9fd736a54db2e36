// Kafka's own programs: those that do one thing and end, and Java's console consumer as the other member of a group, which joins,
// writes down what it gets, and goes when it is told to.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { kafkaProgram } from './broker.ts'
import type { Exit } from './racecar-process.ts'

/** Resolves to what it has written when it ends; rejects with what it complains of when it fails. */
export async function runKafka(program: string, args: readonly string[], input = ''): Promise<string> {
  const { command, args: all } = await kafkaProgram(`org.apache.kafka.tools.${program}`, args)
  const child = spawn(command, all)
  child.stdin.end(input)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${err}`)
  return out
}

const ASSIGNORS = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  roundrobin: 'org.apache.kafka.clients.consumer.RoundRobinAssignor',
  'cooperative-sticky': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
} as const

export type JavaStrategy = keyof typeof ASSIGNORS

export interface JavaOptions {
  readonly kafka: string
  readonly topic: string
  readonly group: string
  readonly strategy: JavaStrategy
}

export class JavaConsumer implements AsyncDisposable {
  /** Values, in the order in which they came. */
  readonly seen: string[] = []
  /** What it has to say about itself. */
  said = ''
  readonly closed: Promise<Exit>
  readonly #signal: (signal: NodeJS.Signals) => void

  private constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    createInterface({ input: child.stdout }).on('line', line => this.seen.push(line))
    child.stderr.on('data', (chunk: Buffer) => {
      this.said += chunk.toString()
    })
    this.closed = new Promise(resolve => child.on('close', (...exit) => resolve(exit)))
    this.#signal = signal => child.kill(signal)
  }

  static async start({ kafka, topic, group, strategy }: JavaOptions): Promise<JavaConsumer> {
    const properties = [
      `partition.assignment.strategy=${ASSIGNORS[strategy]}`,
      'auto.offset.reset=earliest',
      'session.timeout.ms=6000',
      'heartbeat.interval.ms=300',
    ]
    const { command, args } = await kafkaProgram('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', kafka, '--topic', topic, '--group', group],
      ...properties.flatMap(property => ['--command-property', property]),
    ])
    return new JavaConsumer(command, args)
  }

  /** Leaves the group and ends. */
  async end(): Promise<Exit> {
    this.#signal('SIGTERM')
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}
