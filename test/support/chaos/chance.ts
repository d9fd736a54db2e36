// Numbers that a seed decides, and the seed told first and with every failure. Knows nothing of what is done with them.

export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.next() * all.length)]
  }

  /** One of them, the heavier the likelier. */
  weighed<T extends { readonly weight: number }>(all: readonly T[]): T {
    const at = this.next() * all.reduce((sum, { weight }) => sum + weight, 0)
    let sum = 0
    for (const one of all) {
      sum += one.weight
      if (at < sum) return one
    }
    return all.at(-1)!
  }

  /** Another sequence, which does not depend on how much is taken from this one afterwards. */
  fork(): Chance {
    return new Chance(Math.floor(this.next() * 2 ** 32))
  }
}

/** Runs what this seed decides; `told` says what had been done by then, when it fails. */
export async function seeded(
  what: string,
  seed: number,
  run: (chance: Chance, told: string[]) => Promise<void>,
): Promise<void> {
  console.log(`${what}: seed ${seed}`)
  const told: string[] = []
  try {
    await run(new Chance(seed), told)
  } catch (error) {
    throw new Error([`${what}, seed ${seed}: ${(error as Error).message}`, ...told].join('\n'), { cause: error })
  }
}
