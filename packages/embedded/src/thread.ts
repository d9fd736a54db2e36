// The broker's thread as the user's thread sees it. One for all Kafkas of a process, since a second costs 150 megabytes; started
// with the first of them and ended with the last.

import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { brotliDecompress } from 'node:zlib'
import { Calls, type Log } from './calls.ts'
import type { Call, Reply } from './protocol.ts'

export class Thread {
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #calls = new Calls()

  private constructor(module: WebAssembly.Module) {
    const entry = new URL('./worker.js', import.meta.url)
    // Node's options are the user's program's: loaders, inspectors.
    this.#worker = new Worker(entry, { workerData: module, name: 'racecar-embedded', stdin: false, execArgv: [] })
    this.#worker.on('message', (reply: Reply) => this.#calls.take(reply))
    this.#worker.on('error', error => {
      this.#calls.take({
        kind: 'log',
        level: 'error',
        line: `the thread of the embedded Kafka has ended: ${error.message}`,
      })
      this.#calls.end(error)
    })
    this.ended = new Promise(resolve => {
      this.#worker.on('exit', () => {
        this.#calls.end(new Error('the embedded Kafka is stopped'))
        resolve()
      })
    })
  }

  static async start(): Promise<Thread> {
    const packed = await readFile(new URL('./kafka.wasm.br', import.meta.url)).catch(error => {
      if (error.code !== 'ENOENT') throw error
      throw new Error(
        'racecar-embedded was built without Go, and has no Kafka inside: build it where Go is, 1.26 or newer',
      )
    })
    return new Thread(await WebAssembly.compile(await promisify(brotliDecompress)(packed)))
  }

  readonly call: Call = (name, params) => this.#calls.make(id => this.#worker.postMessage({ id, name, params }))

  onLog(log: Log): () => void {
    return this.#calls.onLog(log)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** A way to a thread that others may use as well; whoever goes last ends it. */
export interface Lease {
  readonly call: Call
  onLog(log: Log): () => void
  release(): Promise<void>
}

interface Shared {
  readonly thread: Promise<Thread>
  users: number
}

const current: { shared: Shared | undefined } = { shared: undefined }

export async function lease(): Promise<Lease> {
  const shared = current.shared ?? { thread: Thread.start(), users: 0 }
  current.shared = shared
  shared.users += 1
  // Nobody new gets one that has ended, or is about to.
  const leave = () => {
    if (current.shared === shared) current.shared = undefined
  }
  try {
    const thread = await shared.thread
    void thread.ended.then(leave)
    const release = async () => {
      shared.users -= 1
      if (shared.users > 0) return
      leave()
      await thread.end()
    }
    return { call: thread.call, onLog: log => thread.onLog(log), release }
  } catch (error) {
    leave()
    throw error
  }
}
