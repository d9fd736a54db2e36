// hot-shots, which turns metrics into packets for a Datadog Agent and sends them. It is loaded only where it is asked for, and belongs
// to whoever asks: a package that nobody else needs. An Agent that does not take what is sent is told of now and then, and costs no more.

import { createRequire } from 'node:module'
import { getSystemErrorName } from 'node:util'
import type { Config } from '../config/options.ts'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { findOptional } from '../lib/import-optional.ts'
import { read, reasonOf } from '../lib/reason.ts'

export type Kind = 'count' | 'gauge' | 'timing' | 'histogram'

/** The part of hot-shots's client that this needs. */
export interface Client {
  increment(name: string, by: number, tags: readonly string[]): void
  gauge(name: string, value: number, tags: readonly string[]): void
  timing(name: string, value: number, tags: readonly string[]): void
  histogram(name: string, value: number, tags: readonly string[]): void
  flush(): void
  close(done: (error?: Error) => void): void
}

type Module = { readonly StatsD: { new (options: object): Client; readonly prototype: Client } }

export type DatadogConfig = Pick<
  Config,
  'datadogHost' | 'datadogPort' | 'datadogSocketPath' | 'datadogNamespace' | 'datadogTags'
>

export interface ClientParts {
  readonly config: DatadogConfig
  /** What is sent is lost, and why. */
  readonly complain: (error: unknown) => void
  /** Where packages of the user's are looked for. */
  readonly cwd: string
}

/** Bytes in a packet: what crosses a network in one piece, and what an Agent reads from its socket at once. */
export const PACKET = { udp: 1432, uds: 8192 } as const

/** Metrics are handed over in one go, and then flushed: hot-shots's own timer has nothing to do. */
const SELDOM_MS = 60_000

/** Throws CONFIG where a package is missing. */
export function createClient({ config, complain, cwd }: ClientParts): Client {
  const StatsD = findPackages(config, cwd)
  const { datadogPort: port, datadogSocketPath: path } = config
  const where = path === undefined ? { host: hostOf(config), port } : { protocol: 'uds', path }
  return new StatsD({
    ...where,
    prefix: `${config.datadogNamespace}.`,
    globalTags: [...config.datadogTags],
    maxBufferSize: path === undefined ? PACKET.udp : PACKET.uds,
    bufferFlushInterval: SELDOM_MS,
    cacheDns: true,
    includeDatadogTelemetry: false,
    errorHandler: complain,
  })
}

/** Where an address can be given, packets go out without looking it up: at the very end of a process there is no time for that. */
function hostOf({ datadogHost }: DatadogConfig): string | undefined {
  const isSaidElsewhere = ['DD_AGENT_HOST', 'DD_DOGSTATSD_URL', 'DD_DOGSTATSD_SOCKET'].some(name => process.env[name])
  return datadogHost ?? (isSaidElsewhere ? undefined : '127.0.0.1')
}

/** hot-shots, with what these options take of it. Throws CONFIG where a package is missing. */
export function findPackages(config: Pick<Config, 'datadogSocketPath'>, cwd: string): Module['StatsD'] {
  const file = findOptional('hot-shots', cwd)
  if (file === undefined) throw hotShots('is not installed')
  const require = createRequire(file)
  const { StatsD } = require(file) as Module
  // Of an older one, which an application may have for itself, nothing else would be missing.
  if (typeof StatsD.prototype.flush !== 'function') throw hotShots('is older than 17.1.1')
  if (config.datadogSocketPath !== undefined) mustHaveSockets(require)
  return StatsD
}

const hotShots = (trouble: string): RacecarError =>
  new RacecarError('CONFIG', `datadog_enabled is true, but the package hot-shots ${trouble}: npm install hot-shots@17.`)

function mustHaveSockets(require: NodeJS.Require): void {
  try {
    require('unix-dgram')
  } catch (error) {
    throw new RacecarError(
      'CONFIG',
      `datadog_socket_path needs the package unix-dgram, which cannot be loaded: npm install unix-dgram, which compiles it, or set datadog_host and datadog_port instead (${reasonOf(error)}).`,
    )
  }
}

/** Milliseconds between two lines about the same trouble. */
const COMPLAIN_MS = 60_000

/** A line for the first failure, and then one a minute at most, which counts the others. */
export function complaints({ bus, clock }: { readonly bus: Bus; readonly clock: Clock }): (error: unknown) => void {
  let next = Number.NEGATIVE_INFINITY
  let silent = 0
  return error => {
    if (clock.now() < next) {
      silent++
      return
    }
    next = clock.now() + COMPLAIN_MS
    const more = silent > 0 ? ` (${silent} times more since the last line)` : ''
    silent = 0
    const message = `Metrics for Datadog are lost: ${whyOf(error)}${more}. Trying on.`
    bus.publish('line', { level: 'warn', message, from: 'datadog' })
  }
}

/** unix-dgram tells errors of the system by their numbers, and hot-shots puts words before them. */
function whyOf(error: unknown): string {
  const code = read(error, 'code')
  if (typeof code === 'number' && code < 0) return getSystemErrorName(code)
  return reasonOf(error).replace(/^Error sending hot-shots message: (Error: )?/, '')
}
