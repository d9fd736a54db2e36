// One direction of a proxied connection: frames go on in order, as late and as slowly as the weather wants. Decides nothing about them:
// each is handed to `pass`, and what comes back is written.
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** How the lines of this proxy behave now; shared with each of its links. */
export class Weather {
  /** Milliseconds for every frame, in each direction. */
  delay = 0
  /** Bytes per second and connection, in each direction. */
  rate = Number.POSITIVE_INFINITY
  private closed: { promise: Promise<void>; open: () => void } | undefined

  get blackHole(): boolean {
    return this.closed !== undefined
  }

  /** Resolves when bytes may pass. */
  async passable(): Promise<void> {
    while (this.closed) await this.closed.promise
  }

  close(): void {
    if (this.closed) return
    let open = (): void => {}
    const promise = new Promise<void>(resolve => {
      open = resolve
    })
    this.closed = { promise, open }
  }

  open(): void {
    const was = this.closed
    this.closed = undefined
    was?.open()
  }
}

type Item = { frame: Buffer; due: number } | 'end' | 'reset'

interface PipeCollaborators {
  from: Socket
  to: Socket
  pass: (frame: Buffer) => Promise<Buffer | undefined>
  weather: Weather
  signal: AbortSignal
}

/** One direction. Reads on while it holds frames back, as the buffers of a real line would, up to a bound. */
export class Pipe {
  readonly done: Promise<void>
  private readonly queue: Item[] = []
  private queued = 0
  private wake: (() => void) | undefined
  private flow: (() => void) | undefined
  private freeAt = 0

  constructor(private readonly with_: PipeCollaborators) {
    with_.to.on('drain', () => this.flow?.())
    with_.to.on('close', () => this.flow?.())
    with_.signal.addEventListener('abort', () => {
      this.wake?.()
      this.flow?.()
    })
    this.done = this.run()
  }

  push(...items: (Buffer | 'end' | 'reset')[]): void {
    const due = performance.now() + this.with_.weather.delay
    for (const item of items) {
      this.queue.push(typeof item === 'string' ? item : { frame: item, due })
      if (typeof item !== 'string') this.queued += item.length
    }
    if (this.queued > 32 * 1024 * 1024) this.with_.from.pause()
    this.wake?.()
  }

  private async run(): Promise<void> {
    const { weather, signal } = this.with_
    while (!signal.aborted) {
      const item = this.queue.shift()
      if (item === undefined) {
        await this.more()
        continue
      }
      if (typeof item !== 'string') {
        await this.forward(item.frame, item.due)
        continue
      }
      if (weather.blackHole) await weather.passable()
      return this.finish(item)
    }
  }

  private more(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve
    })
  }

  private async forward(frame: Buffer, due: number): Promise<void> {
    const { weather, pass, from, signal } = this.with_
    const early = due - performance.now()
    if (early > 0) await wait(early, undefined, { signal })
    if (weather.blackHole) await weather.passable()
    const passed = await pass(frame)
    // The black hole may have opened while the frame was held.
    if (weather.blackHole) await weather.passable()
    if (passed && !signal.aborted) await this.write(passed)
    this.queued -= frame.length
    if (from.isPaused() && this.queued < 16 * 1024 * 1024) from.resume()
  }

  private async write(frame: Buffer): Promise<void> {
    const { weather, to } = this.with_
    if (weather.rate === Number.POSITIVE_INFINITY) return this.send(frame)
    for (let at = 0; at < frame.length; ) {
      const slice = Math.max(1, Math.ceil(weather.rate / 20))
      const part = frame.subarray(at, at + slice)
      const now = performance.now()
      this.freeAt = Math.max(now, this.freeAt) + (part.length / weather.rate) * 1000
      if (this.freeAt > now) await wait(this.freeAt - now, undefined, { signal: this.with_.signal })
      await this.send(part)
      if (to.destroyed) return
      at += part.length
    }
  }

  private async send(bytes: Buffer): Promise<void> {
    const { to } = this.with_
    if (to.destroyed || to.write(bytes)) return
    await new Promise<void>(resolve => {
      this.flow = resolve
    })
  }

  private finish(how: 'end' | 'reset'): void {
    const { to } = this.with_
    if (how === 'end') to.end()
    else to.resetAndDestroy()
  }
}
