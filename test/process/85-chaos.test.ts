import { test } from 'vitest'
import { storm } from '../support/chaos/storm.ts'

const { CHAOS_SEED, CHAOS_MINUTES = '1' } = process.env
const ms = Number(CHAOS_MINUTES) * 60_000

test(
  'whatever happens, in an order that chance decides, loses nothing and repeats only what it explains',
  async () => {
    await storm(Number(CHAOS_SEED ?? Date.now() % 2 ** 31), ms)
  },
  ms + 300_000,
)
