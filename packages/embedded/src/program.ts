// One run of the broker's program: WebAssembly made from Go. Gives it files, sockets and a clock, carries calls into it, and says when
// it has ended. Knows nothing of what the calls mean.

import path from 'node:path'
import { files } from './files.ts'
import type { Program, Sockets } from './sockets.ts'

/** Go's glue for JavaScript, made into a function by the build: what it takes for global it is given. */
export type LoadGo = (
  globals: object,
  setTimeout: (callback: () => void, delay: number) => unknown,
  clearTimeout: (timer: NodeJS.Timeout) => void,
) => new () => Go

interface Go {
  readonly importObject: WebAssembly.Imports
  run(instance: WebAssembly.Instance): Promise<void>
}

/** What the program sees of us, and where it leaves what we may call. */
interface Host extends Program {
  ready(): void
  answered(id: number, result: string): void
  failed(id: number, reason: string): void
  log(level: string, line: string): void
  call(id: number, name: string, params: string): void
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export interface RunParts {
  readonly loadGo: LoadGo
  readonly module: WebAssembly.Module
  readonly sockets: Sockets
  readonly log: (level: string, line: string) => void
  /** `reason` is what the program last said. */
  readonly onEnd: (reason: string) => void
}

/** The longest that Node can wait. */
const LONGEST = 2 ** 31 - 1

export class Run implements Program {
  readonly #host: Partial<Host>
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #waiting = new Map<number, Waiting>()
  #memory: WebAssembly.Memory | undefined
  #calls = 0
  #lastWords = ''
  #isOver = false

  private constructor(log: RunParts['log']) {
    this.#host = {
      answered: (id, result) => this.#settle(id, waiting => waiting.resolve(JSON.parse(result))),
      failed: (id, reason) => this.#settle(id, waiting => waiting.reject(new Error(reason))),
      log,
    }
  }

  /** Resolves when the program takes calls. */
  static async start({ loadGo, module, sockets, log, onEnd }: RunParts): Promise<Run> {
    const run = new Run(log)
    const go = new (loadGo(run.#globals(), run.#setTimeout, run.#clearTimeout))()
    const imports = { ...go.importObject, embedded: run.#socketImports(sockets) }
    const instance = await WebAssembly.instantiate(module, imports)
    run.#memory = instance.exports.mem as WebAssembly.Memory
    const end = (reason: string) => {
      run.#end(reason)
      onEnd(reason)
    }
    await new Promise<void>((resolve, reject) => {
      run.#host.ready = resolve
      go.run(instance).then(
        () => end(run.#lastWords || 'it said nothing'),
        error => {
          reject(error)
          end(String(error))
        },
      )
    })
    return run
  }

  call(name: string, params: object): Promise<unknown> {
    if (this.#isOver) return Promise.reject(new Error('the embedded Kafka is being started again'))
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#host.call!(id, name, JSON.stringify(params))
    })
  }

  // A callback into a program that has ended would throw.
  accept(id: number, port: number, remotePort: number): void {
    if (!this.#isOver) this.#host.accept!(id, port, remotePort)
  }

  readable(id: number): void {
    if (!this.#isOver) this.#host.readable!(id)
  }

  drained(id: number): void {
    if (!this.#isOver) this.#host.drained!(id)
  }

  #globals(): object {
    const print = (text: string) => {
      this.#lastWords = `${this.#lastWords}${text}`.slice(-10_000)
    }
    // The first two are getters of the global object, which answer no other.
    const { crypto, performance } = globalThis
    const ours = { crypto, performance, embedded: this.#host, fs: files(print), path, process }
    return Object.defineProperties(Object.create(globalThis), Object.getOwnPropertyDescriptors(ours))
  }

  #socketImports(sockets: Sockets): WebAssembly.ModuleImports {
    const bytes = (at: number, length: number) => new Uint8Array(this.#memory!.buffer, at >>> 0, length)
    return {
      read: (id: number, at: number, length: number) => sockets.read(id, bytes(at, length)),
      write: (id: number, at: number, length: number) => sockets.write(id, bytes(at, length)),
      close: (id: number) => sockets.close(id),
    }
  }

  readonly #setTimeout = (callback: () => void, delay: number): NodeJS.Timeout => {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        callback()
      },
      Math.min(delay, LONGEST),
    )
    this.#timers.add(timer)
    return timer
  }

  readonly #clearTimeout = (timer: NodeJS.Timeout): void => {
    this.#timers.delete(timer)
    clearTimeout(timer)
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting) settle(waiting)
  }

  #end(reason: string): void {
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { reject } of this.#waiting.values()) reject(new Error(`the embedded Kafka ended: ${reason}`))
    this.#waiting.clear()
  }
}
