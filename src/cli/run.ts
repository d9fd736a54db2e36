// racecar as a library: what the command starts, started by a program, which goes on when it has ended. It neither exits nor catches
// what nobody else has caught: both are the program's to do.

import { fileURLToPath } from 'node:url'
import type { Given } from '../config/sources.ts'
import { isConsumerClass, ownNameOf } from '../consumer/consumer.ts'
import type { Found } from '../consumer/find.ts'
import { RacecarError } from '../errors.ts'
import type { Heard } from '../supervisor/signals.ts'
import { type Launch, launch } from './launch.ts'
import { ownVersion } from './version.ts'

export interface Running {
  stop(): Promise<void>
  readonly done: Promise<number>
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1'] as const

/** `consumer`: a class, which runs in this process, or the name of one that is looked for, and forked for. */
export function start(consumer: unknown, options: Given, { signals = true }: { readonly signals?: boolean }): Running {
  const own = typeof consumer === 'string' ? undefined : ownOf(consumer)
  if (own && (options.workers ?? 0) !== 0) throw mustBeNamed(own.name)
  const heard: Heard = { signals: [], tell: signal => void heard.signals.push(signal) }
  const hear = (signal: string) => heard.tell(signal)
  if (signals) for (const signal of SIGNALS) process.on(signal, hear)
  const done = launch(launchOf(own?.name ?? String(consumer), { own, options, heard })).finally(() => {
    for (const signal of SIGNALS) process.off(signal, hear)
  })
  return {
    done,
    stop: async () => {
      heard.tell('SIGTERM')
      await done
    },
  }
}

/** A name that a bundler may have changed would be another group. */
function ownOf(cls: unknown): Found {
  if (!isConsumerClass(cls))
    throw new TypeError('run takes a class that extends Consumer of racecar, or the name of one')
  const name = ownNameOf(cls) ?? cls.name
  if (name === '')
    throw new RacecarError('CONSUMER_INVALID', "The class has no name: give it a static consumerName = '…'.")
  return { cls, name }
}

/** A class cannot be told to another process. */
const mustBeNamed = (name: string): RacecarError =>
  new RacecarError(
    'CONFIG',
    `run with a class runs it in this process; for workers give its name: run('${name}', { workers: … }).`,
  )

function launchOf(name: string, { own, options, heard }: Pick<Launch, 'own' | 'heard'> & { options: Given }): Launch {
  const alone = own ? [{ source: 'run() with a class', values: { workers: 0 } }] : []
  return {
    consumers: [name],
    own,
    heard,
    given: [{ source: 'run()', values: { ...options } }, { source: 'run()', values: { daemonize: false } }, ...alone],
    flags: {},
    env: process.env,
    cwd: process.cwd(),
    version: ownVersion(),
    uncaught: { tell: () => {} },
    terminal: undefined,
    bin: '',
    argv: [],
    out: process.stdout,
    err: process.stderr,
    exec: fileURLToPath(new URL('../entry/worker.js', import.meta.url)),
  }
}
