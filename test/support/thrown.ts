// Everything that somebody may throw, the worst of it included.

const never = (): never => {
  throw new Error('not even that')
}

const withGetter = (name: string, get: () => unknown) => Object.defineProperty(new Error('x'), name, { get })

function cyclic(): Error {
  const error = new Error('round and round')
  error.cause = new Error('below', { cause: error })
  return Object.assign(error, { self: error })
}

export const thrown: readonly (readonly [what: string, make: () => unknown])[] = [
  ['an error', () => new TypeError('boom')],
  ['undefined', () => undefined],
  ['null', () => null],
  ['a text', () => 'just words'],
  ['an empty text', () => ''],
  ['a number', () => Number.NaN],
  ['a bigint', () => 7n],
  ['a symbol', () => Symbol('s')],
  ['a function', () => never],
  ['an object', () => ({ code: 7 })],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose toString throws', () => ({ toString: never, toJSON: never, [Symbol.toPrimitive]: never })],
  [
    'an object that refers to itself',
    () => {
      const self: Record<string, unknown> = {}
      self.self = self
      return self
    },
  ], // prettier-ignore
  ['a promise', () => Promise.resolve(1)],
  ['a thenable that throws', () => Object.defineProperty({}, 'then', { get: never })],
  [
    'a proxy that throws at everything',
    () =>
      new Proxy(new Error('x'), {
        get: never,
        has: never,
        getPrototypeOf: never,
        ownKeys: never,
        getOwnPropertyDescriptor: never,
      }),
  ], // prettier-ignore
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
  ], // prettier-ignore
  ['an array', () => [1, [2]]],
  ['a frozen error', () => Object.freeze(new Error('cold'))],
  ['an error whose message throws', () => withGetter('message', never)],
  ['an error whose name throws', () => withGetter('name', never)],
  ['an error whose stack throws', () => withGetter('stack', never)],
  ['an error whose cause throws', () => withGetter('cause', never)],
  ['an error whose code throws', () => withGetter('code', never)],
  ['an error whose message is an object', () => Object.assign(new Error('x'), { message: { code: 7 }, name: 5 })],
  ['an error without anything', () => Object.assign(new Error(''), { name: '', stack: undefined })],
  ['an error that is its own cause', cyclic],
  ['many errors', () => new AggregateError([new Error('one'), 'two', never], 'all of them')],
  ['errors that throw', () => withGetter('errors', () => new Proxy([], { get: never }))],
  ['an aborted signal', () => AbortSignal.abort().reason],
  ['a DOMException', () => new DOMException('no quota', 'QuotaExceededError')],
  ['a huge message', () => new Error('x'.repeat(3_000_000))],
  ['a huge text', () => 'x'.repeat(3_000_000)],
  ['an error of another realm', () => ({ name: 'TypeError', message: 'from afar', stack: 'TypeError: from afar' })],
]
