// What systemd is told of a service of Type=notify (sd_notify(3)): that it is ready, how it stands, that it lives, that it stops. Node
// opens no socket of that kind, so the program systemd-notify does the telling, which is there wherever systemd is.

import { execFile } from 'node:child_process'
import type { Bus } from '../events/bus.ts'
import { type Cancel, type Clock, every } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import { beyondHelp } from '../supervisor/helpless.ts'
import type { Desk } from './desk.ts'
import type { Progress } from './progress.ts'

type Variables = Record<string, string | undefined>

export interface SystemdParts {
  readonly desk: Pick<Desk, 'helpless' | 'outline'>
  readonly progress: Pick<Progress, 'isUp' | 'isEnding' | 'watch'>
  readonly bus: Bus
  readonly clock: Clock
}

export interface Notifying {
  /** NOTIFY_SOCKET. */
  readonly socket: string
  /** Milliseconds after which systemd takes silence for an end; undefined: it does not wait for signs of life. */
  readonly watchdogMs: number | undefined
}

/** Reads the variables away, since they are meant for this process alone. undefined: nobody wants to be told. */
export function takeNotifying(env: Variables, pid = process.pid): Notifying | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: of } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  if (!socket) return undefined
  const isOurs = of === undefined || of === String(pid)
  const watchdogMs = isOurs && Number(usec) > 0 ? Number(usec) / 1000 : undefined
  return { socket, watchdogMs }
}

const TICK_MS = 1000
/** It waits until systemd has read what it says; a manager that does not is given up. */
const PATIENCE_MS = 5_000

export class Systemd {
  readonly #notifying: Notifying
  readonly #parts: SystemdParts
  #said = { ready: false, stopping: false, status: '' }
  #cancel: Cancel = () => {}
  /** One after another, so that no older word comes later. */
  #telling: Promise<void> = Promise.resolve()
  #isBusy = false
  #beatAt = Number.NEGATIVE_INFINITY
  #complaint = ''

  constructor(notifying: Notifying, parts: SystemdParts) {
    this.#notifying = notifying
    this.#parts = parts
  }

  start(): void {
    const { clock, progress } = this.#parts
    progress.watch(() => this.#look())
    this.#cancel = every(clock, Math.min(TICK_MS, (this.#notifying.watchdogMs ?? TICK_MS) / 3), () => this.#look())
    this.#look()
  }

  /** Resolves when the last word is told. */
  async stop(): Promise<void> {
    this.#cancel()
    this.#look()
    while (this.#isBusy) await this.#telling
  }

  #look(): void {
    // What has come meanwhile is seen when that is told.
    if (this.#isBusy) return
    const before = { ...this.#said }
    const news = this.#news()
    if (news.length === 0) return
    this.#isBusy = true
    this.#telling = this.#tell(news).then(isTold => {
      this.#isBusy = false
      // What was not heard is told once more, with the next tick.
      if (isTold) this.#look()
      else this.#said = before
    })
  }

  #news(): string[] {
    const { progress } = this.#parts
    const news: string[] = []
    if (progress.isUp && !this.#said.ready) news.push('READY=1')
    this.#said.ready ||= progress.isUp
    if (progress.isEnding && !this.#said.stopping) news.push('STOPPING=1')
    this.#said.stopping ||= progress.isEnding
    const status = this.#status()
    if (status !== this.#said.status) news.push(`STATUS=${status}`)
    this.#said.status = status
    if (this.#isBeatDue()) news.push('WATCHDOG=1')
    return news
  }

  #status(): string {
    const { desk, progress } = this.#parts
    const { up, of } = desk.outline()
    const lost = beyondHelp(desk.helpless())
    const more = lost === undefined ? '' : `; ${lost}`
    return `${progress.isEnding ? 'Stops: ' : ''}${up} of ${of} workers up${more}`
  }

  /** While supervision is of use: else systemd starts it anew. */
  #isBeatDue(): boolean {
    const { clock, desk } = this.#parts
    const { watchdogMs } = this.#notifying
    if (watchdogMs === undefined || desk.helpless().length > 0) return false
    const now = clock.now()
    if (now - this.#beatAt < watchdogMs / 3) return false
    this.#beatAt = now
    return true
  }

  #tell(news: readonly string[]): Promise<boolean> {
    const env = { ...process.env, NOTIFY_SOCKET: this.#notifying.socket }
    return new Promise(resolve => {
      execFile(
        'systemd-notify',
        [...news],
        { env, timeout: PATIENCE_MS, killSignal: 'SIGKILL' },
        (error, _, stderr) => {
          if (error) this.#complain(stderr.trim() || reasonOf(error))
          else this.#complaint = ''
          resolve(!error)
        },
      )
    })
  }

  /** Each trouble once. */
  #complain(why: string): void {
    if (why === this.#complaint) return
    this.#complaint = why
    const message = `systemd could not be told how this racecar stands: ${why}. A unit of Type=notify needs NotifyAccess=all.`
    this.#parts.bus.publish('line', { level: 'warn', message, from: 'systemd' })
  }
}
