import { expect, test } from 'vitest'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { exactly, now } from '../support/ledger.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const LIMITS = ['--max-poll-interval', '1', '--rebalance-drain-timeout', '0.5', '--restart-backoff-max', '0.5']

test('a handler that never settles costs a worker after its limit, and after so many workers its message is found and given up', async () => {
  await using scenario = await Scenario.open('never-settles', { partitions: 2 })
  const { topics, topic, ledger } = scenario
  const to = await topics.createNamed(`${topic}.dead-letter`)
  const poison = ['--max-crashes-per-message', '2', '--on-poison', 'dead-letter', '--shutdown-timeout', '3']
  const racecar = scenario.racecar({ workers: 1, args: [...PATIENT, ...LIMITS, ...poison] })
  await scenario.served()
  const [stuck] = await scenario.send([{ do: 'hang' }, {}], { partition: 0 })
  const at = now()
  letGo(scenario, [stuck!])
  expect(await racecar.line('handler.overdue')).toMatchObject({ partition: 0, offset: 0 })
  expect(await racecar.line('handler.given.up')).toMatchObject({ partition: 0, offset: 0 })
  expect((await racecar.line('worker.failed')).message).toContain('has not settled')
  await scenario.send([{}, {}], { partition: 1 })
  const convicted = await racecar.line('message.convicted')
  expect(convicted).toMatchObject({ topic, partition: 0, offset: 0, crashes: 2, follows: 'dead-letter' })
  await racecar.line('message.dead.lettered')
  print(`row 24: given up after ${millis(now() - at)}, ${racecar.forks().length - 1} workers`)
  await scenario.handledAll()
  await scenario.committedAll()
  expect(ledger.handlings.filter(one => exactly(one) === exactly(stuck!))).toHaveLength(2)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  const letters = await lettersIn(scenario, to)
  expect(letters).toHaveLength(1)
  expect(letters[0]!.headers['racecar-error']).toContain('has not settled')
  await scenario.expectNothingLeft()
})

test('one that settles late with an error has failed like any other: tried again, and then given up', async () => {
  await using scenario = await Scenario.open('settles-late', { partitions: 2 })
  const { ledger } = scenario
  const tries = [
    '--retry-times',
    '1',
    '--retry-then',
    'skip',
    '--pause-timeout',
    '0.2',
    '--rebalance-drain-timeout',
    '5',
  ]
  const racecar = scenario.racecar({ workers: 1, args: ['--max-poll-interval', '1', ...tries] })
  await scenario.served()
  const [late] = await scenario.send([{ do: 'heed' }, {}], { partition: 0 })
  letGo(scenario, [late!])
  await racecar.line('message.skipped')
  await scenario.handledAll()
  await scenario.committedAll()
  expect(racecar.all('message.failed').map(({ attempt, next }) => [attempt, next])).toEqual([
    [1, 'again'],
    [2, 'skip'],
  ])
  expect(racecar.all('message.failed')[0]!.message).toContain('longer than max_poll_interval')
  expect(ledger.handlings.filter(one => exactly(one) === exactly(late!))).toHaveLength(2)
  expect(racecar.forks()).toHaveLength(1)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
