import { test } from 'vitest'
import { restarts } from '../support/chaos/restarts.ts'

const times = Number(process.env.CHAOS_TIMES ?? '3')

test(
  'restart after restart under load repeats nothing, rebalances nothing, and leaves the primary as it was',
  () => restarts(times),
  120_000 + times * 30_000,
)
