// The demo's story: a broker, three workers, a stream of greetings, a kill before the viewer's eyes, a graceful stop, and the
// count. Exits 1 if a greeting was lost, a partition never came back, or the stop was not clean.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openTopic, startGreeting } from './greetings.mjs'
import { GuestBook, now } from './guest-book.mjs'
import { openKafka } from './kafka.mjs'
import { Racecar } from './racecar.mjs'
import { Screen } from './screen.mjs'

const PARTITIONS = 6
const WORKERS = 3
const GREETINGS = 6000
const PATIENCE_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'racecar-demo-'))
const screen = new Screen()
let kafka
let racecar
let topic
try {
  process.exitCode = await story()
} catch (error) {
  screen.end()
  console.error(`The demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  racecar?.kill()
  await topic?.close()
  await kafka?.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function story() {
  const { values } = parseArgs({ options: { kafka: { type: 'boolean', default: false } } })
  kafka = await openKafka({ real: values.kafka, say: text => screen.say(text) })
  const { brokers } = kafka
  topic = await openTopic(brokers, 'greetings', PARTITIONS)

  const book = new GuestBook(join(folder, 'guest-book.jsonl'))
  racecar = new Racecar({ brokers, workers: WORKERS, book: book.file, group: `welcome-demo-${Date.now()}` })
  screen.say(`$ ${racecar.command}   (in examples/welcome, Kafka at ${brokers})`)
  await until('three workers to share the partitions', () => racecar.sharedBy === WORKERS)

  screen.say(`Greeting ${GREETINGS} guests on ${PARTITIONS} partitions`)
  const stream = startGreeting(topic, { count: GREETINGS, partitions: PARTITIONS })
  const live = setInterval(() => screen.show(view(book, stream)), 250)
  await until('half of the greetings', () => stream.sent > GREETINGS / 2 && book.handled > GREETINGS / 3)

  const victim = racecar.pick()
  const killedAt = now()
  process.kill(victim.pid, 'SIGKILL')
  screen.say(`kill -9 ${victim.pid}: ${victim.slot}, which works on partitions ${victim.partitions.join(', ')}`)
  const back = await until(`${victim.slot} to be back at work`, () =>
    book.firstFrom(racecar.pidOf(victim.slot), victim.pid, killedAt),
  )
  screen.say(
    `${victim.slot} is back as ${back.pid}: partition ${back.partition} goes on ${Math.round(back.at - killedAt)} ms after the kill`,
  )

  await until('the last greeting', () => stream.done && book.handled >= stream.sent)
  clearInterval(live)
  screen.show(view(book, stream))
  screen.say('Stopping (SIGTERM)')
  const exit = await racecar.stop(PATIENCE_MS)
  return verdict({ book, stream, victim, killedAt, exit })
}

function view(book, stream) {
  const guests = book.read()
  const lines = racecar.workers().map(({ slot, pid, partitions }) => {
    const count = guests.filter(guest => guest.pid === pid).length
    return `${slot}  pid ${String(pid).padEnd(8)} partitions ${partitions.join(', ').padEnd(10)} ${count} handled`
  })
  return [`sent ${stream.sent}, handled ${book.handled}`, ...lines]
}

function verdict({ book, stream, victim, killedAt, exit }) {
  const { lost, twice } = book.compare(stream.acknowledged)
  const gaps = book.longestGaps(killedAt)
  const worst = partitions => `${Math.round(Math.max(...partitions.map(partition => gaps.get(partition) ?? 0)))} ms`
  const others = [...gaps.keys()].filter(partition => !victim.partitions.includes(partition))
  screen.end()
  screen.table([
    ['handled', book.handled],
    ['lost', lost],
    ['twice', twice],
    ["longest gap of the killed worker's partitions", worst(victim.partitions)],
    ['longest gap of the others', worst(others)],
    ['exit code', exit.code ?? exit.signal],
  ])
  return lost === 0 && exit.code === 0 ? 0 : 1
}

async function until(what, condition) {
  const deadline = now() + PATIENCE_MS
  for (;;) {
    const found = condition()
    if (found) return found
    if (racecar.exit)
      throw new Error(
        `racecar ended (${racecar.exit.code ?? racecar.exit.signal}) while waiting for ${what}:\n${racecar.lastWords}`,
      )
    if (now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`)
    await wait(20)
  }
}
