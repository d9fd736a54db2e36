// The only place that forks, and the only one that knows node:cluster. What is forked is a path; what runs there is no business
// of the primary's.

import cluster from 'node:cluster'
import type { Clock } from '../lib/clock.ts'
import { freeOutput } from '../lib/free-output.ts'
import { type Fork, handleOf, type WorkerListener } from './worker-handle.ts'

export interface ForkSettings {
  /** The module that a worker starts with. */
  readonly exec: string
  /** Variables that workers do not get: secrets travel over the channel. */
  readonly withhold: readonly string[]
  readonly clock: Clock
  /** Opens a debugger's port in each worker. */
  readonly inspect?: Inspection | undefined
  /** Where what workers print goes: the primary's own by default. */
  readonly output?: 'inherit' | 2
}

export interface Inspection {
  /** For Node. */
  readonly args: readonly string[]
  /** The lowest; a replacement takes the one of its predecessor. */
  readonly port: number
}

export function clusterFork({ exec, withhold, clock, inspect, output = 'inherit' }: ForkSettings): Fork {
  const ports = new Ports(inspect?.port ?? 0)
  cluster.setupPrimary({
    exec,
    // Not the primary's own arguments, which may hold what a list of processes must not show.
    args: [],
    execArgv: [...execArgvFor(process.execArgv, process.allowedNodeEnvironmentFlags), ...(inspect?.args ?? [])],
    ...(inspect ? { inspectPort: () => ports.next } : {}),
    // Keeps undefined, Infinity, Buffers and Maps as they are.
    serialization: 'advanced',
    windowsHide: true,
    // One terminal, one reader: the primary.
    stdio: ['ignore', output, 'inherit', 'ipc'],
  })
  const env = Object.fromEntries(withhold.map(name => [name, undefined]))
  return listener => forkOne({ env, ports }, listener, clock)
}

/** The lowest one that no worker has. */
class Ports {
  readonly #first: number
  readonly #taken = new Set<number>()

  constructor(first: number) {
    this.#first = first
  }

  get next(): number {
    let port = this.#first
    while (this.#taken.has(port)) port++
    return port
  }

  /** Returns what gives it back. */
  take(): () => void {
    const port = this.next
    this.#taken.add(port)
    return () => this.#taken.delete(port)
  }
}

interface Common {
  readonly env: Record<string, undefined>
  readonly ports: Ports
}

function forkOne({ env, ports }: Common, listener: WorkerListener, clock: Clock) {
  try {
    const worker = cluster.fork(env)
    freeOutput()
    worker.process.once('exit', () => freeOutput())
    worker.once('exit', ports.take())
    // Without a listener here the same error, which its process reports to us, would be thrown.
    worker.on('error', () => {})
    return handleOf(worker.process, listener, clock)
  } catch (error) {
    process.nextTick(() => listener.forkFailed(error instanceof Error ? error : new Error(String(error))))
    return { pid: 0, send: () => {}, kill: () => {} }
  }
}

/** Ours beside what the primary was started with. Newer versions of Node can be told never to open a debugger on SIGUSR1. */
export function execArgvFor(own: readonly string[], known: ReadonlySet<string>): string[] {
  const ours = ['--enable-source-maps', '--disable-sigusr1'].filter(flag => known.has(flag))
  return [...withoutProgram(own).filter(flag => !ours.includes(flag)), ...ours]
}

/** A program that stands on the command line would be run in place of the worker. */
const withoutProgram = (own: readonly string[]): string[] =>
  own.filter((flag, at) => !EVAL.test(flag) && !EVAL_NEXT.test(own[at - 1] ?? ''))

const EVAL = /^(-e|-p|-pe|--eval|--print|--input-type)(=|$)/
const EVAL_NEXT = /^(-e|-p|-pe|--eval|--print|--input-type)$/
