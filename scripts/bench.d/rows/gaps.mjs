// Rows 9 and 17: how long partitions wait while a worker is killed, and while one is added, with a message every 20 ms on each.
import { setTimeout as wait } from 'node:timers/promises'
import { now } from '../clock.mjs'
import { median, milliseconds, ratio, times } from '../figures.mjs'
import { Fleet } from '../fleet.mjs'
import { PARTITIONS } from '../kafka.mjs'
import { rounds } from '../rounds.mjs'

const WORKERS = 3
/** kafkajs waits 30 s as it comes; its dead member is missed sooner here, for the sake of whoever waits for the table. */
const KAFKAJS_SESSION_MS = 6000
/** How long the ordinary rhythm is looked at before anything happens, and again when all is over. */
const CALM_MS = 1000

export async function killRow(bench) {
  const peer = `kafkajs under bare node:cluster, session ${KAFKAJS_SESSION_MS / 1000} s`
  const contenders = { ours: () => killed(bench, 'ours'), [peer]: () => killed(bench, 'kafkajs') }
  const show = ({ back, others, calm }) =>
    `back ${milliseconds(back)}, others ${milliseconds(others)}, in the second before ${milliseconds(calm)}`
  const [mine, theirs] = Object.values(await rounds({ ...bench, contenders, show }))
  return {
    lines: [
      gapLine({ measure: '`kill -9` → its partitions flow again', key: 'back', mine, theirs, peer, goal: 500 }),
      gapLine({ measure: "`kill -9`: the others' longest gap", key: 'others', mine, theirs, peer, goal: 100 }),
      gapLine({ measure: '(longest gap in the second before)', key: 'calm', mine, theirs, peer }),
    ],
  }
}

export async function scaleRow(bench) {
  const peer = 'kafkajs under bare node:cluster'
  const contenders = { ours: () => scaled(bench, 'ours'), [peer]: () => scaled(bench, 'kafkajs') }
  const show = ({ stays, moves, calm }) =>
    `stays ${milliseconds(stays)}, moves ${milliseconds(moves)}, in the second before ${milliseconds(calm)}`
  const [mine, theirs] = Object.values(await rounds({ ...bench, contenders, show }))
  const what = 'a fourth worker joins three: longest gap of a partition that'
  return {
    lines: [
      gapLine({
        measure: `${what} stays`,
        key: 'stays',
        mine,
        theirs,
        peer,
        goal: 100,
        inWords: 'none: its ordinary rhythm',
      }),
      gapLine({ measure: `${what} moves`, key: 'moves', mine, theirs, peer, goal: 250 }),
      gapLine({ measure: '(longest gap in the second before)', key: 'calm', mine, theirs, peer }),
    ],
  }
}

const killed = (bench, kind) =>
  underLoad({ bench, kind, workers: WORKERS }, async fleet => {
    const { journal, program } = fleet
    const since = now()
    const before = journal.owners(since)
    const victim = before.get(0)
    const [its, others] = split(p => before.get(p) === victim)
    process.kill(victim, 'SIGKILL')
    const back = await program.until('the partitions of the killed worker to flow', () => {
      const entries = journal.entries().filter(({ at }) => at > since)
      const firsts = its.map(p => entries.find(({ partition, pid }) => partition === p && pid !== victim)?.at)
      return firsts.every(at => at !== undefined) && Math.max(...firsts)
    })
    // Who comes back may set off more: what follows counts as well.
    await program.until('all partitions to flow', () => journal.owners().size === PARTITIONS && now() > back + CALM_MS)
    return {
      back: back - since,
      others: journal.longestGap(others, { from: since, to: now() }),
      calm: journal.longestGap(others, { from: since - CALM_MS, to: since - 1 }),
    }
  })

const scaled = (bench, kind) =>
  underLoad({ bench, kind, workers: WORKERS, late: WORKERS + 1 }, async fleet => {
    const { journal, program } = fleet
    const since = now()
    const before = journal.owners(since)
    process.kill(kind === 'ours' ? fleet.slots.get(`JournalConsumer/${WORKERS}`) : program.pid, 'SIGUSR2')
    await fleet.handledBy(WORKERS + 1)
    await wait(CALM_MS)
    const after = journal.owners()
    const [moved, stayed] = split(p => before.get(p) !== after.get(p))
    const window = { from: since, to: now() }
    return {
      stays: journal.longestGap(stayed, window),
      moves: journal.longestGap(moved, window),
      calm: journal.longestGap([...before.keys()], { from: since - CALM_MS, to: since - 1 }),
    }
  })

/** A group that handles all partitions calmly, and its end after `task`. `late`: ours forks so many, and the last one waits. */
async function underLoad({ bench, kind, workers, late }, task) {
  const topic = await bench.topic()
  const load = bench.load(topic)
  const isOurs = kind === 'ours'
  try {
    const fleet = new Fleet({
      bench,
      kind,
      topic,
      workers: isOurs ? (late ?? workers) : workers,
      env: late !== undefined && isOurs ? { BENCH_LATE: String(late) } : {},
      session: KAFKAJS_SESSION_MS,
    })
    await fleet.handledBy(workers)
    await wait(2 * CALM_MS)
    const result = await task(fleet)
    await fleet.stop()
    return result
  } finally {
    await load.stop()
  }
}

/** The partitions of which it is true, and the others. */
function split(condition) {
  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)
  return [all.filter(condition), all.filter(partition => !condition(partition))]
}

function gapLine({ measure, key, mine, theirs, peer, goal, inWords }) {
  const [own, other] = [mine, theirs].map(runs => runs.map(run => run[key]))
  return {
    measure,
    ours: milliseconds(median(own)),
    beside: `${peer} ${milliseconds(median(other))}`,
    ratio: times(ratio(own, other)),
    ...(goal === undefined ? {} : { goal: inWords ?? `≤ ${milliseconds(goal)}`, met: median(own) <= goal }),
  }
}
