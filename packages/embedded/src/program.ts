// One run of the broker's program: WebAssembly made from Go. Gives it files, sockets and a clock, carries calls into it, and says when
// it has ended. Knows nothing of what the calls mean.

import path from 'node:path'
import { Calls } from './calls.ts'
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
  exit: (code: number) => void
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
  readonly #calls = new Calls()
  readonly #onEnd: RunParts['onEnd']
  #memory: WebAssembly.Memory | undefined
  #lastWords = ''
  #isOver = false

  private constructor({ log, onEnd }: Pick<RunParts, 'log' | 'onEnd'>) {
    this.#onEnd = onEnd
    this.#host = {
      answered: (id, result) => this.#calls.take({ kind: 'answered', id, result: JSON.parse(result) }),
      failed: (id, reason) => this.#calls.take({ kind: 'failed', id, reason, code: undefined }),
      log,
    }
  }

  /** Resolves when the program takes calls. */
  static async start({ loadGo, module, sockets, log, onEnd }: RunParts): Promise<Run> {
    const run = new Run({ log, onEnd })
    const go = new (loadGo(run.#globals(), run.#setTimeout, run.#clearTimeout))()
    // It would print the code; what the program said last tells more.
    go.exit = () => {}
    const imports = { ...go.importObject, embedded: run.#socketImports(sockets) }
    const instance = await WebAssembly.instantiate(module, imports)
    run.#memory = instance.exports.mem as WebAssembly.Memory
    await new Promise<void>((resolve, reject) => {
      run.#host.ready = resolve
      const ended = (error?: unknown) => {
        run.#end(error)
        reject(error ?? new Error(run.#lastWords))
      }
      go.run(instance).then(() => ended(), ended)
    })
    return run
  }

  call(name: string, params: object): Promise<unknown> {
    return this.#calls.make(id => this.#enter(() => this.#host.call!(id, name, JSON.stringify(params))))
  }

  accept(id: number, port: number, remotePort: number): void {
    this.#enter(() => this.#host.accept!(id, port, remotePort))
  }

  readable(id: number): void {
    this.#enter(() => this.#host.readable!(id))
  }

  drained(id: number): void {
    this.#enter(() => this.#host.drained!(id))
  }

  /** A program that has ended cannot be entered any more; one that breaks down ends. */
  #enter(into: () => void): void {
    if (this.#isOver) return
    try {
      into()
    } catch (error) {
      this.#end(error)
    }
  }

  #globals(): object {
    const print = (text: string) => {
      this.#lastWords = `${this.#lastWords}${text}`.slice(-10_000)
    }
    // The first two are getters of the global object, which answer no other.
    const { crypto, performance } = globalThis
    const ours = {
      crypto,
      performance,
      embedded: this.#host,
      fs: files({ print, enter: into => this.#enter(into) }),
      path,
      process,
    }
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
        this.#enter(callback)
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

  #end(error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    const reason = [this.#lastWords, error === undefined ? '' : String(error)].filter(Boolean).join('\n')
    this.#calls.end(new Error(`the embedded Kafka ended: ${reason}`))
    this.#onEnd(reason || 'it said nothing')
  }
}
