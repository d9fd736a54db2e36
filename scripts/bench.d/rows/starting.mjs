// Rows 8 and 15: from the command to the first message, and to the last worker's first one.
import { ours, peer } from '../contenders.mjs'
import { median, milliseconds, ratio, times } from '../figures.mjs'
import { Fleet } from '../fleet.mjs'
import { Journal } from '../journal.mjs'
import { PARTITIONS } from '../kafka.mjs'
import { rounds } from '../rounds.mjs'
import { temporaryFile } from '../temporary.mjs'

const WORKERS = 5

export async function firstMessageRow(bench) {
  const topic = await bench.few()
  const contenders = {
    ours: () => first(topic, env => ours({ bench, consumer: 'JournalConsumer', workers: 1, env })),
    'kafkajs script': () => first(topic, env => peer({ bench, script: 'consume.mjs', env })),
  }
  const { ours: mine, 'kafkajs script': theirs } = await rounds({ ...bench, contenders, show: milliseconds })
  const reached = ratio(mine, theirs)
  const line = {
    measure: 'command → first message, TypeScript, 1 worker',
    ours: milliseconds(median(mine)),
    beside: `bare kafkajs script ${milliseconds(median(theirs))}`,
    ratio: times(reached),
    goal: '≤ 1.5 ×',
    met: reached <= 1.5,
  }
  return { lines: [line] }
}

async function first(topic, start) {
  const journal = new Journal(temporaryFile('journal'))
  const program = start({ BENCH_TOPIC: topic, BENCH_JOURNAL: journal.file })
  const { at } = await program.until('the first message', () => journal.entries()[0])
  await program.stop()
  return at - program.startedAt
}

export async function freshGroupRow(bench) {
  const contenders = {
    ours: () => served(bench, 'ours'),
    'kafkajs under node:cluster': () => served(bench, 'kafkajs'),
  }
  const show = ({ partitions, workers }) => `${milliseconds(partitions)}, all workers ${milliseconds(workers)}`
  const [mine, theirs] = Object.values(await rounds({ ...bench, contenders, show }))
  return {
    lines: [
      freshLine('all partitions served', 'partitions', mine, theirs, 2000),
      freshLine('all workers have handled a message', 'workers', mine, theirs),
    ],
  }
}

/** Milliseconds from the start until every partition, and until every worker, has handled a message. */
async function served(bench, kind) {
  const topic = await bench.topic()
  const load = bench.load(topic)
  try {
    const fleet = new Fleet({ bench, kind, topic, workers: WORKERS })
    await fleet.handledBy(WORKERS)
    const { startedAt } = fleet.program
    const entries = fleet.journal.entries()
    const result = {
      partitions: lastFirst(entries, ({ partition }) => partition, PARTITIONS) - startedAt,
      workers: lastFirst(entries, ({ pid }) => pid, WORKERS) - startedAt,
    }
    await fleet.stop()
    return result
  } finally {
    await load.stop()
  }
}

/** When the last of so many has come for the first time. */
function lastFirst(entries, of, expected) {
  const firsts = new Map()
  for (const entry of entries) if (!firsts.has(of(entry))) firsts.set(of(entry), entry.at)
  return [...firsts.values()].sort((a, b) => a - b)[expected - 1]
}

function freshLine(what, key, mine, theirs, goal) {
  const [own, other] = [mine, theirs].map(runs => runs.map(run => run[key]))
  return {
    measure: `fresh group, ${WORKERS} workers started → ${what}`,
    ours: milliseconds(median(own)),
    beside: `kafkajs under bare node:cluster ${milliseconds(median(other))}`,
    ratio: times(ratio(own, other)),
    ...(goal === undefined ? {} : { goal: `≤ ${milliseconds(goal)}`, met: median(own) <= goal }),
  }
}
