// Rows `size` and `rollout`, for whoever decides how many workers, partitions and replicas there are to be: what a primary with its
// workers takes of a machine, and what it costs a group of three racecars to be replaced, one after the other or all at once.
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { now } from '../clock.mjs'
import { median, megabytes, milliseconds } from '../figures.mjs'
import { Fleet } from '../fleet.mjs'
import { Journal } from '../journal.mjs'
import { PARTITIONS } from '../kafka.mjs'
import { rounds } from '../rounds.mjs'
import { temporaryFile } from '../temporary.mjs'
import { family, sizeOf } from './memory.mjs'

const SIZES = [1, 5, 16]
/** V8 gives back what starting has left behind when nothing has happened for some 8 s. */
const REST_MS = 15_000
const WATCHED_MS = 10_000
/** Milliseconds between two messages of a partition. */
const BUSY = 4

export async function sizeRow(bench) {
  if (process.platform !== 'linux') throw new Error('reads /proc, which only Linux has')
  const contenders = Object.fromEntries(SIZES.map(workers => [`${workers} workers`, () => measured(bench, workers)]))
  const show = ({ idle, busy, memory, after, joined }) =>
    `all members after ${milliseconds(joined)}; ${megabytes(memory)} and ${percent(idle)} idle, ${megabytes(after)} and ${percent(busy)} busy`
  const results = await rounds({ ...bench, contenders, show })
  const of = (runs, key) => median(runs.map(run => run[key]))
  const rate = Math.round((PARTITIONS * 1000) / BUSY)
  return {
    lines: Object.entries(results).map(([name, runs]) => ({
      measure: `${name}: idle / with ${rate} messages/s; all are members after`,
      ours: `${megabytes(of(runs, 'memory'))}, ${percent(of(runs, 'idle'))} / ${megabytes(of(runs, 'after'))}, ${percent(of(runs, 'busy'))}; ${milliseconds(of(runs, 'joined'))}`,
    })),
  }
}

async function measured(bench, workers) {
  const topic = await bench.topic(Math.max(PARTITIONS, workers))
  const since = now()
  const fleet = new Fleet({ bench, kind: 'ours', topic, workers })
  await fleet.joinedBy(workers)
  const joined = now() - since
  await wait(REST_MS)
  const memory = sizeOf(fleet.program.pid)
  const idle = await coresOf(fleet.program.pid)
  const load = bench.load(topic, BUSY)
  await wait(1000)
  const busy = await coresOf(fleet.program.pid)
  const after = sizeOf(fleet.program.pid)
  await load.stop()
  await fleet.stop()
  return { joined, memory, idle, busy, after }
}

const percent = cores => `${(cores * 100).toFixed(1)} % of a core`

/** How many cores the process and all that it has started use, watched for a while. */
async function coresOf(pid) {
  const [since, before] = [now(), cpuMs(pid)]
  await wait(WATCHED_MS)
  return (cpuMs(pid) - before) / (now() - since)
}

/** Linux counts in hundredths of a second. */
const cpuMs = pid =>
  family(pid).reduce((sum, one) => {
    const [user, system] = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13)
    return sum + (Number(user) + Number(system)) * 10
  }, 0)

const PODS = 3
const WORKERS = 2
const CALM_MS = 1000

export async function rolloutRow(bench) {
  const contenders = {
    'one after the other, with names that stay': () => rolledOut(bench, { isStatic: true, isRolling: true }),
    'one after the other, under new names': () => rolledOut(bench, { isStatic: false, isRolling: true }),
    'all at once': () => rolledOut(bench, { isStatic: false, isRolling: false }),
  }
  const show = ({ took, longest, sum, joins, calm, twice }) =>
    `took ${milliseconds(took)}, longest gap of a partition ${milliseconds(longest)} (calm ${milliseconds(calm)}), ${milliseconds(sum)} a partition in all, ${joins} joins, ${twice} handled twice`
  const results = await rounds({ ...bench, contenders, show })
  const of = (runs, key) => median(runs.map(run => run[key]))
  return {
    lines: Object.entries(results).map(([name, runs]) => ({
      measure: `three racecars of ${WORKERS} workers are replaced ${name}: longest gap of a partition; its gaps in all; joins; handled twice`,
      ours: `${milliseconds(of(runs, 'longest'))}; ${milliseconds(of(runs, 'sum'))}; ${of(runs, 'joins')}; ${of(runs, 'twice')}`,
    })),
  }
}

/** A pod's place in the group stays where its name does, as in a StatefulSet. */
async function rolledOut(bench, { isStatic, isRolling }) {
  const topic = await bench.topic()
  const load = bench.load(topic)
  const group = bench.group()
  const journal = new Journal(temporaryFile('journal'))
  const start = pod => {
    const flags = isStatic ? ['--group-instance-id', `pod-${pod}`] : []
    return new Fleet({ bench, kind: 'ours', topic, workers: WORKERS, group, journal, flags })
  }
  const pods = Array.from({ length: PODS }, (_, pod) => start(pod))
  const served = () => isServed(pods, journal)
  try {
    await pods[0].program.until('all pods to share the partitions', served)
    await wait(2 * CALM_MS)
    const since = now()
    const before = pods.reduce((sum, { joins }) => sum - joins, 0)
    const old = [...pods]
    const replace = async pod => {
      await old[pod].stop()
      pods[pod] = start(pod)
    }
    if (isRolling)
      for (const pod of pods.keys()) {
        await replace(pod)
        await pods[pod].program.until('the new pod to have its share', served)
      }
    else {
      await Promise.all(pods.map((_, pod) => replace(pod)))
      await pods[0].program.until('all pods to share the partitions', served)
    }
    const took = now() - since
    await wait(CALM_MS)
    const joins = before + [...new Set([...old, ...pods])].reduce((sum, fleet) => sum + fleet.joins, 0)
    const window = { from: since, to: now() }
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)
    // What begins right before ends in what follows.
    const calm = journal.longestGap(all, { from: since - CALM_MS, to: since - 100 })
    const lost = all.map(partition => lostTime(journal, partition, window, 2 * calm))
    const sent = await load.stop()
    // As many at least: what kafkajs's producer sends to a topic that has just been made it may send twice.
    await pods[0].program.until('all messages to be handled', () => handled(journal).size >= sent)
    for (const pod of pods) await pod.stop()
    const twice = journal.entries().length - handled(journal).size
    return { took, joins, calm, longest: journal.longestGap(all, window), sum: median(lost), twice }
  } finally {
    await load.stop()
  }
}

const handled = journal => new Set(journal.entries().map(({ partition, offset }) => `${partition}@${offset}`))

/** Every worker has its share, and the newest ones have handled something. */
function isServed(pods, journal) {
  const shares = pods.flatMap(({ shares }) => [...shares].filter(([, partitions]) => partitions.length > 0))
  if (shares.length !== PODS * WORKERS) return false
  const owners = journal.owners()
  return shares.every(([pid, partitions]) => partitions.every(partition => owners.get(partition) === pid))
}

/** The gaps of a partition that are longer than its rhythm, added up. */
function lostTime(journal, partition, { from, to }, rhythm) {
  const times = journal
    .entries()
    .filter(entry => entry.partition === partition && entry.at >= from - rhythm && entry.at <= to)
  return times
    .slice(1)
    .map(({ at }, index) => at - times[index].at)
    .filter(gap => gap > rhythm)
    .reduce((sum, gap) => sum + gap, 0)
}
