// From names of consumers and flags to an exit code: options, log, pidfile, what is to be loaded, then the workers, or this process
// where there are none. Ends nothing itself: when it resolves, everything is written and nothing is left behind.

import type { Config } from '../config/options.ts'
import type { Section } from '../config/sources.ts'
import type { Found } from '../consumer/find.ts'
import { EXIT, RacecarError } from '../errors.ts'
import { type Bus, createBus } from '../events/bus.ts'
import { systemClock } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import { prepare } from '../loader/prepare.ts'
import type { LoadPlan } from '../messages.ts'
import { Log } from '../observe/log.ts'
import type { Pidfile } from '../supervisor/pidfile.ts'
import { answerSignals, type Heard } from '../supervisor/signals.ts'
import { loading, untilStop } from './config.ts'
import { daemonize, type Terminal } from './daemonize.ts'
import { Desk } from './desk.ts'
import type { Embedded } from './embedded.ts'
import { forked } from './forked.ts'
import { hungUp } from './hang-up.ts'
import type { Inspect } from './inspect.ts'
import { type End, endOf, lastWords, type Uncaught } from './last-words.ts'
import { tellTerminal } from './news.ts'
import { openControl } from './open-control.ts'
import { openSigns } from './open-signs.ts'
import { Progress } from './progress.ts'
import { Session } from './session.ts'
import { settle } from './settle.ts'
import type { Notifying } from './systemd.ts'

export interface Launch {
  readonly consumers: readonly string[]
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly version: string
  readonly heard: Heard
  readonly uncaught: Uncaught
  readonly inspect?: Inspect | undefined
  /** systemd wants to be told how it stands. */
  readonly notifying?: Notifying | undefined
  /** What a program sets in code. */
  readonly given?: readonly Section[] | undefined
  /** A program's own class, which runs in this process. */
  readonly own?: Found | undefined
  /** This process is a daemon, and that is where it was started from. */
  readonly terminal: Terminal | undefined
  /** To start itself once more, as a daemon. */
  readonly bin: string
  readonly argv: readonly string[]
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
  /** The module that workers start with. */
  readonly exec: string
}

/** Somebody who reads our output may have stopped reading: then the rest of it is not worth waiting for. */
const FLUSH_MS = 2000

export async function launch(launch: Launch): Promise<number> {
  const { err } = launch
  const end = await run(launch).catch(endOf)
  const words = lastWords(end)
  if (words !== '') launch.terminal?.tell({ racecar: 'ended', words: end.why })
  if (words !== '') await flushed(new Promise<void>(resolve => err.write(words, () => resolve())))
  return end.exitCode
}

async function run(launch: Launch): Promise<End> {
  const { consumers, terminal, env, out, err } = launch
  const settled = await settle(launch)
  if (settled === undefined) return { exitCode: EXIT.clean, why: 'stopped' }
  const { files, forced, loaded } = settled
  const { config } = loaded
  if (config.daemonize && !terminal) return daemonize({ ...launch, config, clock: systemClock })
  const { logLevel: level, logFormat: format, logfile: file } = config
  const complain = (sentence: string) => err.write(`racecar: ${sentence}\n`)
  const log = new Log({ level, format, file, out, complain, env, clock: systemClock })
  const bus = createBus((error, name) => complain(`A subscriber of ${name} failed: ${String(error)}`))
  log.listen(bus, { pid: process.pid })
  const progress = new Progress(consumers.length)
  progress.listen(bus)
  if (terminal) tellTerminal(terminal, progress)
  let pidfile: Pidfile | undefined
  let embedded: Embedded | undefined
  try {
    pidfile = config.pidfile === undefined ? undefined : await acquire(config.pidfile, bus)
    const plans = await untilStop(launch.heard, () => plansFor(launch, config))
    if (plans === undefined) return { exitCode: EXIT.clean, why: 'stopped' }
    if (config.embedded) embedded = await startEmbedded({ config, cwd: launch.cwd, bus, clock: systemClock })
    const session = new Session({
      ...launch,
      files,
      forced,
      bus,
      log,
      plans: plans.map(plan => ({ ...plan, ...files.plan })),
      pidfile,
      embedded,
      progress,
      clock: systemClock,
      loaded,
    })
    return await start(session, launch)
  } finally {
    await embedded?.stop()
    await pidfile?.release()
    await flushed(log.close())
  }
}

async function plansFor({ consumers, cwd, own }: Launch, config: Config): Promise<LoadPlan[]> {
  if (own) return [{ consumer: own.name, require: [], candidates: [] }]
  const plans: LoadPlan[] = []
  for (const consumer of consumers) plans.push(await prepare({ cwd, consumer, ...loading(config) }))
  return plans
}

const flushed = (writing: Promise<void>): Promise<boolean> => within(systemClock, writing, systemClock.now() + FLUSH_MS)

async function start(session: Session, launch: Launch): Promise<End> {
  const desk = new Desk(systemClock)
  answerSignals(launch.heard, request => desk.heard(request.kind === 'hang up' ? hungUp(session) : request))
  const signs = await openSigns({ session, desk, cwd: launch.cwd, notifying: launch.notifying })
  try {
    return await controlled(session, desk, launch)
  } finally {
    await signs.close()
  }
}

async function controlled(session: Session, desk: Desk, launch: Launch): Promise<End> {
  const control = await openControl({ session, desk, cwd: launch.cwd })
  try {
    return await serve(session, desk, launch)
  } finally {
    await control?.close()
  }
}

async function serve(session: Session, desk: Desk, launch: Launch): Promise<End> {
  const { exec, uncaught, own } = launch
  if (session.config.workers > 0) {
    const end = await forked({ session, desk, exec, readAfresh: () => readAfresh(session, launch) })
    // Only the class knew that it wants no workers.
    if (end !== 'no workers') return end
  }
  const { inline } = await import('./inline.ts')
  return inline({ session, desk, uncaught, own })
}

/** For a restart. What the primary itself has its options for stays as it was at its start. */
async function readAfresh(session: Session, launch: Launch): Promise<readonly LoadPlan[]> {
  const settled = await settle(launch)
  if (settled === undefined) throw new RacecarError('CONFIG', 'everything stops.')
  const plans = await plansFor(launch, settled.loaded.config)
  session.readAfresh(settled)
  return plans.map(plan => ({ ...plan, ...settled.files.plan }))
}

/** For development alone. */
async function startEmbedded(parts: Parameters<typeof Embedded.start>[0]): Promise<Embedded> {
  const { Embedded } = await import('./embedded.ts')
  return Embedded.start(parts)
}

/** Loaded only where it is wanted: its lock hooks signals and the process's exit. */
async function acquire(file: string, bus: Bus): Promise<Pidfile> {
  const { Pidfile } = await import('../supervisor/pidfile.ts')
  const say = (message: string) => bus.publish('line', { level: 'warn', message, from: 'supervisor' })
  return Pidfile.acquire({ file, pid: process.pid, say })
}
