/** The same call, one after the other. */
export function inTurn<A, T>(call: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return argument => {
    const result = last.then(() => call(argument))
    last = result.catch(() => {})
    return result
  }
}
