// Runs a property, or a scenario in an order that chance decides, with a seed of its own for each run of the tests. A failure prints
// seed and path; PROPERTY_SEED and PROPERTY_RUNS run it again, or for longer.

import fc from 'fast-check'

const { PROPERTY_SEED, PROPERTY_RUNS } = process.env

const parameters = (runs: number) => ({
  numRuns: PROPERTY_RUNS === undefined ? runs : Number(PROPERTY_RUNS),
  ...(PROPERTY_SEED === undefined ? {} : { seed: Number(PROPERTY_SEED) }),
})

export function property<T>(given: fc.Arbitrary<T>, holds: (value: T) => void, runs = 300): void {
  fc.assert(
    fc.property(given, value => {
      holds(value)
    }),
    parameters(runs),
  )
}

/** All of them in some order, and the seed that gives it. */
export function shuffled<T>(all: readonly T[]): { readonly seed: number; readonly items: readonly T[] } {
  const seed = Number(PROPERTY_SEED ?? Date.now() % 2 ** 31)
  const whole = { minLength: all.length, maxLength: all.length }
  const [items] = fc.sample(fc.shuffledSubarray([...all], whole), { seed, numRuns: 1 })
  return { seed, items: items! }
}

export function asyncProperty<T>(
  given: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
  runs = 100,
): Promise<void> {
  return fc.assert(fc.asyncProperty(given, holds), parameters(runs))
}
