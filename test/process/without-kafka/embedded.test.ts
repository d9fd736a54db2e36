import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { Project } from '../../support/process.ts'
import type { RacecarProcess } from '../../support/racecar-process.ts'
import { TestTopics } from '../../support/topics.ts'

const GREETER = {
  body: `static { this.subscribesTo('names') }
    process(message) { say('Hello, ' + message.value); this.produce(message.value, { topic: 'greeted' }) }`,
}

const embedded = (project: Project, port: number, ...args: string[]): RacecarProcess =>
  project.start('--embedded', '--brokers', `localhost:${port}`, ...args)

const stored = async (topics: TestTopics): Promise<number> =>
  (await topics.ends('greeted')).reduce((sum, { high }) => sum + high, 0)

/** What the embedded Kafka has said and did. */
const told = (racecar: RacecarProcess): unknown[] =>
  racecar.all('line', ({ from }) => from === 'embedded').map(({ message }) => message)

it('--embedded brings its own Kafka, with the topics that are consumed and produced to, for any client, and says what it is', async () => {
  await using project = new Project(GREETER)
  const port = await freePort()
  const racecar = embedded(project, port, '--workers', '2')
  await racecar.line('partitions.assigned')
  const topics = await TestTopics.open(`127.0.0.1:${port}`)
  await topics.produce('names', [{ value: 'Ada' }, { value: 'Bob' }])
  await project.until('both greeted', () => project.said.length === 2)
  await racecar.line('line', ({ message }) => String(message).includes('greeted is created'))
  await expect.poll(() => stored(topics), { timeout: 20_000 }).toBe(2)
  await topics.close({ keepTopics: true })
  expect(told(racecar)).toEqual([
    `An embedded Kafka listens at localhost:${port}, with its data in .racecar/kafka: for development, not for production.`,
    'The topic names is created, with 6 partitions.',
    'The topic greeted is created, with 6 partitions.',
  ])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const [error] = await once(connect(port, '127.0.0.1'), 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  project.expectNothingLeft()
})

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'what it holds is there again after a %s: handled messages are, others are not',
  async signal => {
    await using project = new Project(GREETER)
    const port = await freePort()
    const first = embedded(project, port, '--workers', '0')
    await first.line('partitions.assigned')
    const topics = await TestTopics.open(`127.0.0.1:${port}`)
    await topics.produce('names', [{ value: 'Ada' }])
    await first.line('offsets.committed', ({ offsets }) =>
      (offsets as { offset: number }[]).some(({ offset }) => offset === 1),
    )
    await topics.close({ keepTopics: true })
    first.signal(signal)
    await project.ended(first)

    const second = embedded(project, port, '--workers', '0')
    await second.line('partitions.assigned')
    const after = await TestTopics.open(`127.0.0.1:${port}`)
    await after.produce('names', [{ value: 'Bob' }])
    await project.until('the other one greeted', () => project.said.includes('Hello, Bob'))
    await after.close({ keepTopics: true })
    second.signal('SIGTERM')
    expect(await project.ended(second)).toEqual([0, null])
    expect(project.said).toEqual(['Hello, Ada', 'Hello, Bob'])
  },
)

it('--embedded makes the topic for dead letters as well', async () => {
  await using project = new Project({
    body: `static { this.subscribesTo('names') } process() { throw new Error('no') }`,
  })
  const port = await freePort()
  const racecar = embedded(project, port, '--workers', '1', '--retry-times', '0', '--retry-then', 'dead-letter')
  await racecar.line('partitions.assigned')
  const topics = await TestTopics.open(`127.0.0.1:${port}`)
  await topics.produce('names', [{ value: 'Ada' }])
  expect(await racecar.line('message.dead.lettered')).toMatchObject({ to: 'names.dead-letter' })
  await topics.close({ keepTopics: true })
  expect(told(racecar)).toContain('The topic names.dead-letter is created, with 6 partitions.')
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('a second racecar of the project uses the Kafka of the first', async () => {
  await using project = new Project(GREETER)
  const port = await freePort()
  const first = embedded(project, port, '--workers', '1')
  await first.line('partitions.assigned')
  const pidfile = ['--pidfile', project.path('second.pid')]
  const second = embedded(project, port, '--workers', '1', '--group-id', 'others', ...pidfile)
  await second.line('partitions.assigned')
  expect(told(second)).toEqual([
    `An embedded Kafka of another racecar answers at localhost:${port} and is used. It ends with that one.`,
  ])
  for (const racecar of [second, first]) {
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
  }
  project.expectNothingLeft()
})

it('a port that something else has, and brokers that are elsewhere, are refused with 78', async () => {
  await using project = new Project(GREETER)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const taken = embedded(project, port)
  expect(await project.ended(taken)).toEqual([78, null])
  expect(taken.stderr).toContain(`something else listens at localhost:${port}: stop it, or name another port`)
  server.close()

  const elsewhere = project.start('--embedded', '--brokers', 'kafka.example:9092')
  expect(await project.ended(elsewhere)).toEqual([78, null])
  expect(elsewhere.stderr).toMatch(
    /embedded \(true, flag --embedded\) starts one broker, .*: brokers \(kafka.example:9092, flag --brokers\) must be localhost/,
  )
  project.expectNothingLeft()
})
