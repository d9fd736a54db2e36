// --daemonize: the command that was typed starts another one of itself, in a session of its own and with its output in the log
// file, and returns when that is at work, or has ended. What happened goes from the one to the other over their channel.

import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { resolve } from 'node:path'
import { groupIdOf } from '../config/group.ts'
import type { Config } from '../config/options.ts'
import { EXIT } from '../errors.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import { deferred } from '../lib/deferred.ts'
import { openLogFile } from '../observe/log-file.ts'
import { type Heard, requestFor } from '../supervisor/signals.ts'
import type { End } from './last-words.ts'

/** In the environment of the daemon, until it has read it: no argument, which a list of processes would show. */
const MARK = '_RACECAR_IS_DAEMON'

export type ToTerminal =
  /** All workers are, but for those. */
  | { readonly racecar: 'up'; readonly givenUp: readonly string[] }
  /** A worker is a member of its group. */
  | { readonly racecar: 'joined' }
  /** It is going to exit. */
  | { readonly racecar: 'ended'; readonly words: string }

/** The daemon's end. */
export interface Terminal {
  tell(news: ToTerminal): void
}

/** undefined: this process is no daemon. Reads the mark away, for workers inherit what is in the environment. */
export function terminalOf(env: NodeJS.ProcessEnv): Terminal | undefined {
  const isDaemon = env[MARK] !== undefined && process.send !== undefined
  delete env[MARK]
  if (!isDaemon) return undefined
  // The terminal's process is gone as soon as it has heard enough.
  process.channel?.unref()
  return {
    tell: news => {
      if (process.connected) process.send?.(news, undefined, undefined, () => {})
    },
  }
}

/** Where a daemon leaves its number and its log, if nobody says otherwise. */
export function daemonFiles(config: Config, consumers: readonly string[]): Partial<Config> {
  const name = groupIdOf(consumers[0]!, config)
  return { pidfile: config.pidfile ?? `${name}.pid`, logfile: config.logfile ?? `${name}.log` }
}

export interface Daemon {
  readonly bin: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: Config
  readonly heard: Heard
  readonly clock: Clock
  readonly out: { write(text: string): unknown }
}

/** How long it is waited for the first worker to be a member, after all of them are up. */
const JOIN_MS = 10_000

export async function daemonize(daemon: Daemon): Promise<End> {
  const { bin, argv, cwd, env, config, heard, out } = daemon
  const output = openLogFile(resolve(cwd, config.logfile!))
  const child = spawn(process.execPath, [...process.execArgv, bin, ...argv], {
    cwd,
    env: { ...env, [MARK]: '1' },
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    serialization: 'advanced',
  })
  closeSync(output)
  const up = deferred<readonly string[]>()
  const joined = deferred()
  const ended = deferred<End>()
  let words = ''
  child.on('message', (news: ToTerminal) => {
    if (news.racecar === 'up') up.resolve(news.givenUp)
    if (news.racecar === 'joined') joined.resolve()
    if (news.racecar === 'ended') words = news.words
  })
  child.once('error', error =>
    ended.resolve({ exitCode: EXIT.failure, why: `it could not be started: ${error.message}` }),
  )
  child.once('exit', (code, signal) => ended.resolve(endOf(code, signal, words)))
  const keep = heard.tell
  const heed = (signal: string) => {
    if (['stop', 'interrupt'].includes(requestFor(signal).kind)) child.kill(signal as NodeJS.Signals)
  }
  heard.tell = heed
  for (const signal of heard.signals.splice(0)) heed(signal)
  try {
    const first = await Promise.race([ended.promise, up.promise])
    if ('exitCode' in first) return first
    if (first.length > 0) out.write(`racecar has given up ${first.join(', ')}; see its log.\n`)
    return await introduce(daemon, child.pid!, { joined: joined.promise, ended: ended.promise })
  } finally {
    heard.tell = keep
    if (child.connected) child.disconnect()
    child.unref()
  }
}

interface News {
  readonly joined: Promise<void>
  readonly ended: Promise<End>
}

async function introduce({ config, clock, out }: Daemon, pid: number, { joined, ended }: News): Promise<End> {
  const late = sleep(clock, JOIN_MS).then(() => 'late' as const)
  const what = await Promise.race([ended, joined.then(() => 'joined' as const), late])
  if (typeof what === 'object') return what
  const files = `pid ${pid}, pidfile ${config.pidfile}, log ${config.logfile}`
  if (what === 'joined') out.write(`racecar runs in the background: ${files}.\n`)
  else
    out.write(
      `racecar runs in the background, but after ${JOIN_MS / 1000} s none of its workers is a member of its group: ` +
        `no answer from ${config.brokers.join(', ')} (option brokers)? It keeps trying: ${files}.\n`,
    )
  return { exitCode: EXIT.clean, why: 'in the background' }
}

function endOf(code: number | null, signal: string | null, words: string): End {
  if (code === EXIT.clean) return { exitCode: EXIT.clean, why: 'stopped' }
  const why =
    words === '' ? `the process in the background was ended by ${signal ?? `exit code ${code}`}; see its log` : words
  return { exitCode: code ?? EXIT.failure, why }
}
