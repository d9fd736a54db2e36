// What may be said about delays of which each has something of its own.

// What a timer of Node can wait: 2^31 - 1 milliseconds.
const LONGEST = 2_147_483

export const DELAYS = 'a list of whole seconds, at least 1, each more than the one before'

export const areDelays = (all: readonly unknown[]): all is readonly number[] =>
  all.every((one, index) => {
    const least = index === 0 ? 1 : (all[index - 1] as number) + 1
    return Number.isInteger(one) && (one as number) >= least && (one as number) <= LONGEST
  })
