import { test } from 'vitest'
import { kills } from '../support/chaos/kills.ts'

const { CHAOS_SEED, CHAOS_TIMES = '20' } = process.env
const times = Number(CHAOS_TIMES)

test(
  'kills under load, as soon as the next has begun, skip nothing and repeat only what was in hand or not yet committed',
  async () => {
    await kills(Number(CHAOS_SEED ?? Date.now() % 2 ** 31), times)
  },
  120_000 + times * 10_000,
)
