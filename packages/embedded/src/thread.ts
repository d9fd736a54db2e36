// The broker's thread as the user's thread sees it. One for all Kafkas of a process, since a second costs a hundred megabytes; started
// with the first of them and ended with the last.

import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { brotliDecompress } from 'node:zlib'
import type { Call, LogLevel, Reply } from './protocol.ts'

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export type Log = (level: LogLevel, line: string) => void

export class Thread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #logs = new Set<Log>()
  #calls = 0
  #end: Error | undefined

  private constructor(module: WebAssembly.Module) {
    const entry = new URL('./worker.js', import.meta.url)
    this.#worker = new Worker(entry, { workerData: module, name: 'racecar-embedded', stdin: false })
    this.#worker.on('message', (reply: Reply) => this.#take(reply))
    this.#worker.on('error', error => this.#over(error))
    this.#worker.on('exit', () => this.#over(new Error('the embedded Kafka is stopped')))
  }

  static async start(): Promise<Thread> {
    const wasm = await promisify(brotliDecompress)(await readFile(program()))
    return new Thread(await WebAssembly.compile(wasm))
  }

  readonly call: Call = <T>(name: string, params: object): Promise<T> => {
    if (this.#end) return Promise.reject(this.#end)
    const id = ++this.#calls
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      this.#worker.postMessage({ id, name, params })
    })
  }

  onLog(log: Log): () => void {
    this.#logs.add(log)
    return () => this.#logs.delete(log)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #take(reply: Reply): void {
    if (reply.kind === 'log') {
      for (const log of this.#logs) log(reply.level, reply.line)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.kind === 'answered') waiting?.resolve(reply.result)
    else waiting?.reject(Object.assign(new Error(reply.reason), reply.code ? { code: reply.code } : {}))
  }

  #over(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

const program = (): URL => new URL('./kafka.wasm.br', import.meta.url)

interface Lease {
  readonly thread: Thread
  /** The last one ends the thread. */
  release(): Promise<void>
}

const shared: { thread: Promise<Thread> | undefined; users: number } = { thread: undefined, users: 0 }

export async function lease(): Promise<Lease> {
  shared.users += 1
  shared.thread ??= Thread.start()
  const starting = shared.thread
  const release = async () => {
    shared.users -= 1
    if (shared.users > 0) return
    shared.thread = undefined
    await (await starting).end()
  }
  try {
    return { thread: await starting, release }
  } catch (error) {
    shared.users -= 1
    shared.thread = undefined
    throw error
  }
}
