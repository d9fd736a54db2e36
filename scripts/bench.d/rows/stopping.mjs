// Row 11: from SIGTERM to the end of the primary, with its workers idle.
import { now } from '../clock.mjs'
import { median, milliseconds, ratio, times } from '../figures.mjs'
import { Fleet } from '../fleet.mjs'
import { rounds } from '../rounds.mjs'

const WORKERS = 5
const GOAL_MS = 500

export async function stopRow(bench) {
  const topic = await bench.topic()
  const stop = kind => async () => {
    const fleet = new Fleet({ bench, kind, topic, workers: WORKERS })
    await fleet.sharedBy(WORKERS)
    const since = now()
    return (await fleet.stop()) - since
  }
  const contenders = { ours: stop('ours'), 'kafkajs under node:cluster': stop('kafkajs') }
  const [mine, theirs] = Object.values(await rounds({ ...bench, contenders, show: milliseconds }))
  const line = {
    measure: `SIGTERM → exit, idle, ${WORKERS} workers`,
    ours: milliseconds(median(mine)),
    beside: `kafkajs under bare node:cluster ${milliseconds(median(theirs))}`,
    ratio: times(ratio(mine, theirs)),
    goal: `≤ ${milliseconds(GOAL_MS)}`,
    met: median(mine) <= GOAL_MS,
  }
  return { lines: [line] }
}
