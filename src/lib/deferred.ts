// A promise with its handles outside: for lifecycles whose end is decided elsewhere than where they are awaited.

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

export const isThenable = (thing: unknown): thing is PromiseLike<unknown> =>
  typeof thing === 'object' && thing !== null && 'then' in thing && typeof thing.then === 'function'
