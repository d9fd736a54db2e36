// Rows 1 to 3: all messages of a topic, from the beginning, with an empty handler.
import { sharedLayout } from '../../broker.d/places.mjs'
import { ours, peer } from '../contenders.mjs'
import { count, median, ratio, seconds, spread, times } from '../figures.mjs'
import { javaConsumer, runJava } from '../java.mjs'
import { Program } from '../program.mjs'
import { rounds } from '../rounds.mjs'

const DELAY_MS = 20
const KAFKAJS_MESSAGE = 'kafkajs eachMessage'
const KAFKAJS_BATCH = 'kafkajs eachBatch'
const JAVA = "Java's ConsumerPerformance"

export async function processRow(bench) {
  const topic = await bench.bulk()
  const java = await javaConsumer(bench.say)
  if (!java) bench.say('  There is no Java here to run ConsumerPerformance with.')
  const results = await race(bench, {
    ours: () => count1({ bench, topic, consumer: 'ProcessConsumer' }),
    [KAFKAJS_MESSAGE]: () => countKafkajs({ bench, topic, handler: 'eachMessage' }),
    [KAFKAJS_BATCH]: () => countKafkajs({ bench, topic, handler: 'eachBatch' }),
    ...(java ? { [JAVA]: () => runJava(java, { bench, topic }) } : {}),
  })
  const goals = { [KAFKAJS_MESSAGE]: 2.2, [KAFKAJS_BATCH]: 1.3, [JAVA]: 1.0 }
  return { lines: linesOf('`process`, messages/s', results, goals), notes: notesOf('process', results) }
}

export async function batchRow(bench) {
  const topic = await bench.bulk()
  const results = await race(bench, {
    ours: () => count1({ bench, topic, consumer: 'BatchConsumer' }),
    [KAFKAJS_BATCH]: () => countKafkajs({ bench, topic, handler: 'eachBatch' }),
  })
  const lines = linesOf('`processBatch`, messages/s', results, { [KAFKAJS_BATCH]: 1.35 })
  return { lines, notes: notesOf('processBatch', results) }
}

export async function delayedRow(bench) {
  if (process.env.KAFKA_TEST_BROKERS) throw new Error('needs the second listener of a broker of our own')
  const topic = await bench.bulk()
  const [{ ports }] = sharedLayout(1).nodes
  const proxy = new Program({ args: ['proxy.mjs', ports.proxy, ports.proxied, DELAY_MS].map(String), cwd: PLACE })
  try {
    await proxy.until('the proxy to listen', () => proxy.lastWords.includes('listening'))
    const brokers = `127.0.0.1:${ports.proxy}`
    const results = await race(bench, {
      ours: () => count1({ bench, topic, consumer: 'ProcessConsumer', brokers }),
      [KAFKAJS_BATCH]: () => countKafkajs({ bench, topic, handler: 'eachBatch', brokers }),
      [KAFKAJS_MESSAGE]: () => countKafkajs({ bench, topic, handler: 'eachMessage', brokers }),
    })
    const goals = { [KAFKAJS_BATCH]: 1.75, [KAFKAJS_MESSAGE]: 3.7 }
    const what = `\`process\` with ${DELAY_MS} ms of delay each way, messages/s`
    return { lines: linesOf(what, results, goals), notes: notesOf('process, delayed', results) }
  } finally {
    await proxy.stop()
  }
}

const PLACE = new URL('..', import.meta.url)

const race = (bench, contenders) =>
  rounds({ ...bench, contenders, show: ({ perSecond }) => `${count(perSecond)} messages/s` })

const countKafkajs = ({ bench, topic, handler, brokers }) =>
  measured(peer({ bench, script: 'count.mjs', args: [handler], brokers, env: envOf(bench, topic) }))

const count1 = ({ bench, topic, consumer, brokers }) =>
  measured(ours({ bench, consumer, workers: 1, brokers, env: envOf(bench, topic) }))

const envOf = ({ messages }, topic) => ({ BENCH_MESSAGES: String(messages), BENCH_TOPIC: topic })

async function measured(program) {
  const heard = {}
  program.onLine(line => {
    if (line.startsWith('BENCH ')) heard.result = JSON.parse(line.slice('BENCH '.length))
  })
  const result = await program.until('the last message', () => heard.result)
  await program.stop()
  return result
}

function linesOf(measure, { ours: mine, ...others }, goals) {
  const own = mine.map(({ perSecond }) => perSecond)
  return Object.entries(others).map(([name, runs]) => {
    const theirs = runs.map(({ perSecond }) => perSecond)
    const reached = ratio(own, theirs)
    return {
      measure,
      ours: count(median(own)),
      beside: `${name} ${count(median(theirs))}`,
      ratio: times(reached),
      goal: `≥ ${goals[name]} ×`,
      met: reached >= goals[name],
    }
  })
}

/** The figures behind a ratio, with what they cost. */
function notesOf(row, results) {
  return Object.entries(results).map(([name, runs]) => {
    const of = key => runs.map(run => run[key]).filter(value => value !== undefined)
    const cost = of('cpuPerMillion')
    return {
      row,
      name,
      perSecond: spread(of('perSecond'), count),
      cpu: cost.length > 0 ? seconds(median(cost)) : '',
      peak: cost.length > 0 ? String(Math.round(median(of('peakMb')))) : '',
    }
  })
}
