// Calls that wait for their answers, by number.

import type { Reply } from './protocol.ts'

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class Calls {
  readonly #waiting = new Map<number, Waiting>()
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

  take(reply: Exclude<Reply, { kind: 'log' }>): void {
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
