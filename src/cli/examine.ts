// `racecar check` and `racecar config`: everything that a start would find out before it joins, and nothing that it would leave
// behind. A worker imports the user's code, says what it found and is ended; nothing connects.

import { groupIdOf } from '../config/group.ts'
import { type Loaded, loadConfig } from '../config/load.ts'
import { type ErrorCode, EXIT, errorCodes, RacecarError } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import { deferred } from '../lib/deferred.ts'
import { prepare } from '../loader/prepare.ts'
import type { Description, LoadPlan } from '../messages.ts'
import { clusterFork } from '../supervisor/fork.ts'
import type { FromWorker } from '../supervisor/worker-handle.ts'
import { type FoundConfig, findConfig, readFile, type Start, untilStop } from './config.ts'
import { optionsInForce } from './options-in-force.ts'

export interface Examination extends Start {
  readonly what: 'check' | 'config'
  readonly consumers: readonly string[]
  /** The module that workers start with. */
  readonly exec: string
  readonly out: { write(text: string): unknown }
}

/** Throws what a start would end with. A stop that comes first ends it without a word. */
export async function examine(examination: Examination): Promise<void> {
  const { consumers, flags, env, out } = examination
  const files = await findConfig(examination)
  if (files === undefined) return
  const base = { files: files.sections, env, readFile, flags }
  const before = loadConfig({ ...base, classPending: consumers.length > 0 })
  if (consumers.length === 0) out.write(optionsInForce(before.config, before.sources))
  for (const consumer of consumers) {
    const description = await untilStop(examination.heard, signal =>
      ask(consumer, { ...examination, files, before, signal }),
    )
    if (description === undefined) return
    const loaded = loadConfig({ ...base, classOptions: description.options, consumer: description.consumer })
    out.write(examination.what === 'check' ? verdict(description, loaded) : inForce(consumer, loaded, consumers.length))
  }
}

interface Asking extends Examination {
  readonly files: FoundConfig
  readonly before: Loaded
  readonly signal: AbortSignal
}

async function ask(consumer: string, asking: Asking): Promise<Description | undefined> {
  const { cwd, files, before, exec, signal } = asking
  const { require, bootTimeout } = before.config
  const plan = { ...(await prepare({ cwd, require, consumer })), ...files.plan }
  return describeOnce(plan, { exec, timeoutMs: bootTimeout * 1000, signal })
}

interface Once {
  readonly exec: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Rejects with what the worker refused for, or how it ended. */
function describeOnce(plan: LoadPlan, { exec, timeoutMs, signal }: Once): Promise<Description | undefined> {
  const clock = systemClock
  // What the user's code prints is no answer of ours.
  const fork = clusterFork({ exec, withhold: [], clock, output: 2 })
  const { promise, resolve, reject } = deferred<Description | undefined>()
  const failed = (why: string) =>
    reject(new RacecarError('LOAD_FAILED', `${plan.consumer} could not be loaded: ${why}.`))
  const cancel = clock.after(timeoutMs, () => {
    failed(`it was not done within boot_timeout (${timeoutMs / 1000} s)`)
    worker.kill()
  })
  const stop = () => worker.kill()
  const worker = fork({
    message: message => {
      if (message.type === 'described') resolve(message.description)
      if (message.type === 'refused') reject(refused(message))
      if (message.type === 'described' || message.type === 'refused') worker.kill()
    },
    exited: ({ code, signal: by }) => {
      cancel()
      signal.removeEventListener('abort', stop)
      if (signal.aborted) resolve(undefined)
      failed(by === null ? `it ended its process with ${code}` : `it was ended by ${by}`)
    },
    forkFailed: error => failed(error.message),
  })
  signal.addEventListener('abort', stop, { once: true })
  worker.send({ type: 'load', plan })
  return promise
}

function refused({ error, exitCode }: Extract<FromWorker, { type: 'refused' }>): RacecarError {
  const code = error.code !== undefined && error.code in errorCodes ? (error.code as ErrorCode) : 'LOAD_FAILED'
  return new RacecarError(exitCode === EXIT.config && code === 'LOAD_FAILED' ? 'CONFIG' : code, error.message)
}

function verdict({ consumer, subscriptions, handler }: Description, { config, warnings }: Loaded): string {
  const topics = subscriptions.map(({ topic }) => topic).join(', ')
  const where =
    config.workers === 0 ? 'in this process' : `in ${config.workers} worker${config.workers === 1 ? '' : 's'}`
  const fine = `${consumer} is fine: ${handler} of ${topics}, ${where}, group ${groupIdOf(consumer, config)}.\n`
  return fine + warnings.map(warning => `Warning: ${warning}.\n`).join('')
}

const inForce = (consumer: string, { config, sources }: Loaded, count: number): string =>
  `${count > 1 ? `${consumer}:\n` : ''}${optionsInForce(config, sources)}`
