// Restart after restart under load: nothing is repeated, no generation begins, and the primary grows in neither open files nor memory.

import { expect } from 'vitest'
import { openFiles, resident } from '../limits.ts'
import { generationsOf } from '../membership.ts'
import { millis, PATIENT, print, Scenario } from '../scenario.ts'

const WORKERS = 4
/** What the primary loads at its first restart, and keeps. */
const WARM = 2

export async function restarts(times: number): Promise<void> {
  await using scenario = await Scenario.open('restarts', { partitions: 8 })
  const racecar = scenario.racecar({ workers: WORKERS, args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const generation = generationsOf(racecar).at(-1)
  const figures = () => ({ files: openFiles(racecar.pid), megabytes: resident(racecar.pid) })
  let before = figures()
  for (let i = 1; i <= times; i++) {
    const since = racecar.lines.length
    racecar.signal('SIGUSR2')
    await racecar.until('the end of the restart', () =>
      racecar.lines.slice(since).some(({ event }) => event === 'restart.done'),
    )
    await scenario.passes()
    if (i === WARM) before = figures()
  }
  const after = figures()
  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('restart.done').map(({ replaced }) => replaced)).toEqual(Array(times).fill(WORKERS))
  expect(new Set(generationsOf(racecar).slice(-times * WORKERS))).toEqual(new Set([generation]))
  const tooks = racecar.all('restart.done').map(({ tookMs }) => Number(tookMs))
  const gaps = [...scenario.ledger.longestGaps(racecar.lines[0]!.at, racecar.lines.at(-1)!.at).values()]
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    [
      `restarts: ${times} of ${WORKERS} workers, ${times * WORKERS} processes replaced, ${scenario.ledger.ended.length} handled, 0 twice, no rebalance`,
      `  ${millis(Math.min(...tooks))} to ${millis(Math.max(...tooks))} each, longest gap of a partition ${millis(Math.max(...gaps))}`,
      `  primary ${before.files} open files and ${before.megabytes.toFixed(1)} MB, at the end ${after.files} and ${after.megabytes.toFixed(1)} MB`,
    ].join('\n'),
  )
  expect(after.files, 'open files of the primary').toBe(before.files)
  // V8's space for new objects grows with what is logged, to three times 16 MB; what stays does not grow.
  expect(after.megabytes, 'megabytes of the primary').toBeLessThan(before.megabytes + 64)
}
