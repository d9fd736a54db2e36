// Programs that produce, as their authors write them: each is a process of its own on an embedded Kafka, and ends by itself.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { codeOf } from '../../src/engine/kafkajs/codes.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { TestTopics } from '../support/topics.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

let kafka: Kafka
let topics: TestTopics

beforeAll(async () => {
  kafka = await startKafka()
  topics = await TestTopics.open(kafka.brokers[0]!)
})
afterAll(async () => {
  await topics.close()
  await kafka.stop()
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** In a folder with the file config/racecar.yml. */
async function run(
  name: 'program.mjs' | 'program.cjs',
  text: string,
  options: Record<string, unknown> = {},
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const sub of ['node_modules', 'config']) mkdirSync(join(folder, sub))
  symlinkSync(root, join(folder, 'node_modules/racecar'))
  writeFileSync(join(folder, 'config/racecar.yml'), JSON.stringify({ common: { brokers: kafka.brokers, ...options } }))
  writeFileSync(join(folder, name), text)
  return new Promise(resolve => {
    const child = execFile(process.execPath, [name], { cwd: folder, timeout: 50_000 }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
  })
}

const highs = async (topic: string) => (await topics.ends(topic)).map(({ high }) => high)

test('what a program has queued is stored before it ends, and nothing keeps it alive after that', async () => {
  const topic = await topics.create('program', { partitions: 1 })
  const { code, err } = await run(
    'program.mjs',
    `import { produceAsync } from 'racecar'
     for (let i = 0; i < 5000; i++) produceAsync('value ' + i, { topic: '${topic}' })`,
  )
  expect([code, err]).toEqual([0, ''])
  expect(await highs(topic)).toEqual([5000])
})

test('produceSync says where, waitForDelivery that all is there, also by require()', async () => {
  const topic = await topics.create('program', { partitions: 2 })
  const { code, out, err } = await run(
    'program.cjs',
    `const { produceSync, produceAsync, waitForDelivery } = require('racecar')
     const to = { topic: '${topic}', partition: 1, key: 'k', headers: { a: 'b' } }
     async function main() {
       console.log(JSON.stringify(await produceSync('one', to)))
       const places = await Promise.all([produceSync('two', to), produceSync('three', to)])
       console.log(places.map(({ offset }) => offset).join())
       console.log(await waitForDelivery(() => { produceAsync('four', to); return 'returned' }))
     }
     main()`,
  )
  expect([code, err]).toEqual([0, ''])
  expect(out.split('\n').slice(0, 3)).toEqual([`{"topic":"${topic}","partition":1,"offset":0}`, '1,2', 'returned'])
  expect(await highs(topic)).toEqual([0, 4])
})

test('what cannot be delivered is told within message_timeout, to whoever waits, or on standard error; the program ends', async () => {
  const { code, out, err } = await run(
    'program.mjs',
    `import { produceAsync, produceSync } from 'racecar'
     produceAsync('nobody waits', { topic: 'missing' })
     await produceSync('one', { topic: 'missing-too' }).catch(error => console.log(error.name, error.problem))`,
    { message_timeout: 1 },
  )
  expect(code).toBe(0)
  expect(out).toBe('MessageDeliveryError unknown-topic-or-partition\n')
  expect(err).toContain('racecar: a message for missing could not be delivered: the topic missing does not exist\n')
})

test('what a program produces goes on after a run that was refused', async () => {
  const topic = await topics.create('program', { partitions: 1 })
  const { out, err } = await run(
    'program.mjs',
    `import { Consumer, produceSync, run } from 'racecar'
     class Refused extends Consumer { static { this.subscribesTo('t'); this.configure({ maxWaitTime: 100 }) } process() {} }
     console.log('ended with', await run(Refused).done)
     console.log('stored at', (await produceSync('one', { topic: '${topic}' })).offset)`,
  )
  expect(
    out.split('\n').filter(line => !line.startsWith('{')),
    err,
  ).toEqual(['ended with 78', 'stored at 0', ''])
})

test('and after one that has ended, where what is lost is told on standard error', async () => {
  const topic = await topics.create('program', { partitions: 1 })
  const { out, err } = await run(
    'program.mjs',
    `import { Consumer, produceAsync, produceSync, run } from 'racecar'
     const send = value => produceSync(value, { topic: '${topic}' })
     class Short extends Consumer {
       static { this.subscribesTo('${topic}') }
       async initialize() { console.log('stored at', (await send('one')).offset); void running.stop() }
       process() {}
     }
     const running = run(Short)
     console.log('ended with', await running.done)
     console.log('stored at', (await send('two')).offset)
     produceAsync('nobody waits', { topic: 'missing' })`,
    { message_timeout: 1 },
  )
  expect(
    out.split('\n').filter(line => !line.startsWith('{')),
    err,
  ).toEqual(['stored at 0', 'ended with 0', 'stored at 1', ''])
  expect(err).toMatch(/^racecar: a message for missing could not be delivered: /m)
  expect(err).not.toContain('makes no line')
})

test('a topic that may not be seen is told from one that is missing', async () => {
  const topic = await topics.create('program')
  await using proxy = await KafkaProxy.before(kafka.brokers[0]!)
  proxy.rewriteError(Api.Metadata, 3, codeOf('TOPIC_AUTHORIZATION_FAILED'), { topic })
  const { code, out } = await run(
    'program.mjs',
    `import { produceSync } from 'racecar'
     const send = () => produceSync('one', { topic: '${topic}' })
     await send().catch(error => console.log(error.problem, error.cause.message))
     while (!(await send().catch(() => {})));
     console.log('stored')`,
    { message_timeout: 0.2, brokers: [proxy.address] },
  )
  expect([code, out]).toEqual([0, `not-authorized topic ${topic}: TOPIC_AUTHORIZATION_FAILED\nstored\n`])
})

test('brokers that are away are waited for, and told of', async () => {
  const { code, out } = await run(
    'program.mjs',
    `import { produceSync } from 'racecar'
     await produceSync('one', { topic: 't' }).catch(error => console.log(error.problem))`,
    { message_timeout: 1, brokers: ['127.0.0.1:1'] },
  )
  expect([code, out]).toEqual([0, 'timed-out\n'])
})

test('options that are wrong are the error of the first message', async () => {
  const { out } = await run(
    'program.mjs',
    `import { produceSync, configureProducer } from 'racecar'
     configureProducer({ messageTimeout: 0 })
     await produceSync('one', { topic: 't' }).catch(error => console.log(error.code, error.message))`,
  )
  expect(out).toMatch(/^CONFIG .*message_timeout/)
})
