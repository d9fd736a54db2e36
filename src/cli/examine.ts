// `racecar check` and `racecar config`: everything that a start would find out before it joins, and nothing that it would leave
// behind. A worker imports the user's code, says what it found and is ended; nothing connects.

import { groupIdOf } from '../config/group.ts'
import { type Loaded, loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { secretVariables } from '../config/secret-variables.ts'
import { type ErrorCode, EXIT, errorCodes, isRacecarError, RacecarError } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import { deferred } from '../lib/deferred.ts'
import { withCure } from '../lib/sentence.ts'
import { prepare } from '../loader/prepare.ts'
import type { Description, LoadPlan } from '../messages.ts'
import { clusterFork } from '../supervisor/fork.ts'
import type { FromWorker } from '../supervisor/worker-handle.ts'
import { loading, type Start, sourcesOf, untilStop, wantedBy } from './config.ts'
import { optionsInForce } from './options-in-force.ts'
import { needsWorkers } from './session.ts'
import { type Settled, settle } from './settle.ts'

export interface Examination extends Start {
  readonly what: 'check' | 'config'
  readonly consumers: readonly string[]
  /** The module that workers start with. */
  readonly exec: string
  readonly out: { write(text: string): unknown }
}

/** Throws what a start would end with, of all consumers, or that it was stopped before that was known. */
export async function examine(examination: Examination): Promise<void> {
  const { consumers, out } = examination
  const settled = (await settle(examination)) ?? stopped()
  const { files } = settled
  const from = { ...sourcesOf(examination, files), forced: settled.forced }
  if (consumers.length === 0) {
    const { config, sources } = loadConfig(from)
    out.write(optionsInForce(config, sources))
  }
  const errors: RacecarError[] = []
  for (const consumer of consumers) {
    try {
      if (examination.what === 'check') await mustHavePackages(settled.loaded.config, examination.cwd)
      const description = await ask(consumer, examination, settled)
      out.write(report(description, loadConfig({ ...from, ...wantedBy(description, files) }), examination))
    } catch (error) {
      if (!isRacecarError(error) || error.code === 'STOPPED') throw error
      errors.push(error)
    }
  }
  const [first, ...others] = errors
  if (first && others.length > 0) throw new RacecarError(first.code, errors.map(withItsCure).join('\n'))
  if (first) throw first
}

async function mustHavePackages(config: Config, cwd: string): Promise<void> {
  if (config.datadogEnabled) (await import('../datadog/client.ts')).findPackages(config, cwd)
}

const withItsCure = ({ message, cure }: RacecarError): string => withCure(message, cure)

function stopped(): never {
  throw new RacecarError('STOPPED', 'It was stopped before it was done.')
}

function report(description: Description, loaded: Loaded, { what, consumers }: Examination): string {
  const { consumer } = description
  if (loaded.config.workers === 0 && consumers.length > 1) throw needsWorkers(consumer, loaded.sources.workers)
  return what === 'check' ? verdict(description, loaded) : inForce(consumer, loaded, consumers.length)
}

async function ask(consumer: string, { cwd, exec, heard }: Examination, settled: Settled): Promise<Description> {
  const { files, loaded } = settled
  const { config } = loaded
  const description = await untilStop(heard, async signal => {
    const plan = { ...(await prepare({ cwd, consumer, ...loading(config) })), ...files.plan }
    return describeOnce(plan, { exec, timeoutMs: config.bootTimeout * 1000, signal })
  })
  return description ?? stopped()
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
  const fork = clusterFork({ exec, withhold: secretVariables, clock, output: 2 })
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
