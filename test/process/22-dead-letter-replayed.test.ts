import { expect, test } from 'vitest'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { exactly, where } from '../support/ledger.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

const GIVES_UP = ['--retry-times', '0', '--retry-then', 'dead-letter', '--create-dead-letter-topic']

test('what failed is replayed until it is handled; what comes back again and again is left out; the topic is created as it is allowed', async () => {
  await using scenario = await Scenario.open('letter-back', { partitions: 3 })
  const { topics, topic, folder, ledger } = scenario
  const to = `${topic}.dead-letter`
  const racecar = scenario.racecar({ workers: 1, args: GIVES_UP })
  await scenario.served()
  const [mended] = await scenario.send([{ do: 'throw', processes: 2 }], { partition: 1 })
  const [lost] = await scenario.send([{ do: 'throw' }], { partition: 2 })
  expect(await racecar.line('topic.created')).toMatchObject({ topic: to, partitions: 3 })
  const lettered = (count: number) => () => racecar.all('message.dead.lettered').length === count
  const ctl = (...args: string[]) =>
    racecarctl(folder, 'dead-letter', ...args, '--topic', topic, '--brokers', scenario.address)
  const replay = () => ctl('replay', '--most', '2', '--yes')

  await scenario.until('both being given up', lettered(2))
  expect(await replay()).toEqual({ code: 0, stdout: `2 messages of ${to} replayed.\n`, stderr: '' })
  await scenario.until('both being given up once more', lettered(4))
  expect((await replay()).stdout).toBe(`2 messages of ${to} replayed.\n`)
  await scenario.until('one being given up for the last time', lettered(5))
  const { code, stdout, stderr } = await replay()
  expect([code, stdout]).toEqual([1, `0 messages of ${to} replayed.\n`])
  expect(stderr).toMatch(
    /^racecarctl: \d\/\d is left out: it was replayed 2 times already, and came back \(--most 2\)\.\n$/,
  )

  const handled = ledger.ended.filter(({ seq }) => seq === mended!.seq)
  expect(
    handled.map(({ partition }) => partition),
    'where it came from',
  ).toEqual([1])
  expect(ledger.ended.filter(({ seq }) => seq === lost!.seq)).toEqual([])
  const replays = (await lettersIn(scenario, to)).map(({ headers }) => headers['racecar-replays'] ?? '0')
  expect(replays.sort()).toEqual(['0', '0', '1', '1', '2'])
  letGo(scenario, [mended!, lost!])
  await scenario.send([{}, {}], { partition: 2 })
  await scenario.handledAll()
  await scenario.until('everything committed', async () => {
    const ends = await topics.ends(topic)
    return String([...(await scenario.committed()).values()]) === String(ends.map(({ high }) => high))
  })
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()
  await topics.delete(to)
})

test('a message of a topic of dead letters that fails has its partition stop, and makes no topic', async () => {
  await using scenario = await Scenario.open('letter-of-letter', { partitions: 2 })
  const { topics, topic } = scenario
  const racecar = scenario.racecar({ workers: 1, args: [...GIVES_UP, '--dead-letter-topic', topic] })
  await scenario.served()
  const [guilty] = await scenario.send([{ do: 'throw' }, {}], { partition: 0 })
  await scenario.send([{}, {}], { partition: 1 })
  expect(await racecar.line('message.failed')).toMatchObject({ offset: guilty!.offset, next: 'stop', to: null })
  await scenario.until('the other partition', async () => (await scenario.committed()).get(`${topic}/1`) === 2)
  expect((await scenario.committed()).get(where(guilty!))).toBe(0)
  expect(scenario.ledger.handlings.map(exactly).filter(one => one === exactly(guilty!))).toHaveLength(1)
  expect(await topics.admin.listTopics()).not.toContain(`${topic}.dead-letter`)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()
})
