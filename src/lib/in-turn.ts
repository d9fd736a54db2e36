/** A queue for calls: one after the other. */
export type InTurn = <T>(call: () => Promise<T>) => Promise<T>

export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return call => {
    const result = last.then(call)
    last = result.catch(() => {})
    return result
  }
}
