// Row 7: what a primary with its workers occupies at rest. Pages that they share are counted once, as PSS does where no other
// program runs the same Node; the PSS itself would say less the more of those there are.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { median, megabytes, ratio, times } from '../figures.mjs'
import { Fleet } from '../fleet.mjs'
import { rounds } from '../rounds.mjs'

const WORKERS = 5
/** V8 gives back what starting has left behind when nothing has happened for some 8 s. */
const REST_MS = 15_000

export async function memoryRow(bench) {
  if (process.platform !== 'linux') throw new Error('reads /proc, which only Linux has')
  const topic = await bench.topic()
  const idle = (kind, workers) => async () => {
    const fleet = new Fleet({ bench, kind, topic, workers })
    await fleet.sharedBy(workers)
    await wait(REST_MS)
    const size = sizeOf(fleet.program.pid)
    await fleet.stop()
    return size
  }
  const both = kind => async () => {
    const [many, one] = await Promise.all([idle(kind, WORKERS)(), idle(kind, 1)()])
    return { many, each: (many - one) / (WORKERS - 1) }
  }
  const contenders = { ours: both('ours'), 'kafkajs under node:cluster': both('kafkajs') }
  const show = ({ many, each }) => `${megabytes(many)}, each further worker ${megabytes(each)}`
  const [mine, theirs] = Object.values(await rounds({ ...bench, contenders, show }))
  const of = key => [mine, theirs].map(runs => runs.map(run => run[key]))
  return {
    lines: [
      line(`primary + ${WORKERS} workers, idle: memory`, ...of('many'), 110),
      line('each further worker: memory', ...of('each'), 18),
    ],
  }
}

function line(measure, ours, theirs, goal) {
  return {
    measure,
    ours: megabytes(median(ours)),
    beside: `kafkajs under bare node:cluster ${megabytes(median(theirs))}`,
    ratio: times(ratio(ours, theirs)),
    goal: `≤ ${goal} MB`,
    met: median(ours) <= goal,
  }
}

/** Megabytes of a process and all that it has started. */
export function sizeOf(pid) {
  const all = family(pid).map(memoryOf)
  // What is shared is the program itself, the same for all.
  return all.reduce((sum, one) => sum + one.own, 0) + Math.max(...all.map(({ shared }) => shared))
}

function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = key => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1024
  return { own: of('Private_Clean') + of('Private_Dirty'), shared: of('Shared_Clean') + of('Shared_Dirty') }
}

export const family = pid => [pid, ...childrenOf(pid).flatMap(family)]

const childrenOf = pid =>
  readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
