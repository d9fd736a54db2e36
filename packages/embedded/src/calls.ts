// What a thread or a process with Kafkas answers: calls that wait, by number, and lines for whoever wants them.

import type { LogLevel, Reply } from './protocol.ts'

export type Log = (level: LogLevel, line: string) => void

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class Calls {
  readonly #waiting = new Map<number, Waiting>()
  readonly #logs: Log[] = []
  #last = 0
  #end: Error | undefined

  /** `send` gets the number that the answer will carry. */
  make<T>(send: (id: number) => void): Promise<T> {
    if (this.#end) return Promise.reject(this.#end)
    const id = ++this.#last
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      send(id)
    })
  }

  /** Returns its end. Several may give the same one, which gets each line once, until the last of them has ended it. */
  onLog(log: Log): () => void {
    this.#logs.push(log)
    return () => void this.#logs.splice(this.#logs.indexOf(log), 1)
  }

  take(reply: Reply): void {
    if (reply.kind === 'log') {
      for (const log of new Set(this.#logs)) log(reply.level, reply.line)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.kind === 'answered') waiting?.resolve(reply.result)
    else waiting?.reject(Object.assign(new Error(reply.reason), reply.code ? { code: reply.code } : {}))
  }

  /** No answer comes any more, and no call can be made. */
  end(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#end)
    this.#waiting.clear()
  }

  get size(): number {
    return this.#waiting.size
  }
}
