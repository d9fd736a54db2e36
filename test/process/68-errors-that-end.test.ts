import { expect, test } from 'vitest'
import { codeOf } from '../../src/engine/kafkajs/codes.ts'
import { brokers } from '../support/broker.ts'
import { lossesOf } from '../support/membership.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { print, Scenario } from '../support/scenario.ts'

/** Errors that nothing mends but whoever runs it, in answers to a worker's first requests. */
const ends = [
  ['FindCoordinator', 'GROUP_AUTHORIZATION_FAILED', 77, /Kafka does not allow it: .*GROUP_AUTHORIZATION_FAILED/],
  ['JoinGroup', 'GROUP_AUTHORIZATION_FAILED', 77, /Kafka does not allow it: .*GROUP_AUTHORIZATION_FAILED/],
  ['Metadata', 'TOPIC_AUTHORIZATION_FAILED', 77, /Kafka does not allow it: .*TOPIC_AUTHORIZATION_FAILED/],
  ['JoinGroup', 'INCONSISTENT_GROUP_PROTOCOL', 78, /use none of the strategies cooperative-sticky/],
  ['JoinGroup', 'INVALID_SESSION_TIMEOUT', 78, /Kafka does not accept it: .*INVALID_SESSION_TIMEOUT/],
  ['JoinGroup', 'INVALID_GROUP_ID', 78, /Kafka does not accept it: .*INVALID_GROUP_ID/],
] as const

test('an error that waiting would not mend ends the start with its exit code and one sentence, and leaves no member', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('refused', { kafka, address: proxy.address, partitions: 2 })
  for (const [api, code, exitCode, sentence] of ends) {
    proxy.rewriteError(Api[api], 1, codeOf(code))
    const racecar = scenario.racecar({ workers: 1 })
    const what = `${code} to ${api}`
    expect([what, ...(await scenario.ended(racecar))]).toEqual([what, exitCode, null])
    expect(racecar.stderr).toMatch(sentence)
    expect(
      racecar.stderr.split('\n').filter(line => line.startsWith(`racecar ends with exit code ${exitCode}: `)),
    ).toHaveLength(1)
    expect(racecar.forks()).toHaveLength(1)
    expect(racecar.all('slot.restarting')).toEqual([])
  }
  await scenario.expectNothingLeft()
})

test('rights that are taken away once a worker was up are waited for with an alarm, and the others go on', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('no-longer-allowed', { kafka, address: proxy.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: ['--heartbeat-interval', '0.2'] })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()

  proxy.rewriteError(Api.Heartbeat, 1, codeOf('GROUP_AUTHORIZATION_FAILED'))
  proxy.rewriteError(Api.JoinGroup, 1, codeOf('GROUP_AUTHORIZATION_FAILED'))
  await racecar.until('two ends over it', () => racecar.all('slot.exited').length === 2)
  await scenario.served()
  await scenario.passes()
  await load.stop()
  await scenario.handledAll()

  const exited = racecar.all('slot.exited')
  expect(new Set(exited.map(({ slot }) => slot)).size).toBe(1)
  for (const { code, level, message } of exited) {
    expect([code, level]).toEqual([77, 'warn'])
    expect(message).toMatch(
      /Kafka does not allow it: .*GROUP_AUTHORIZATION_FAILED.*Check the credentials, and the ACLs/,
    )
  }
  const waits = racecar.all('slot.restarting').map(({ inMs }) => inMs as number)
  expect(waits).toEqual([0, expect.any(Number)])
  expect(waits[1]).toBeGreaterThan(0)
  print(`row 68: replaced after ${waits.map(ms => `${ms} ms`).join(' and ')}`)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(lossesOf([racecar]))
  await scenario.expectNothingLeft()
})

test('a worker whose instance id is taken ends with 76, says so, and its slot goes on under another one', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('taken', { kafka, address: proxy.address, partitions: 4 })
  // Nobody has really taken it: the place is kept until the session is over.
  const racecar = scenario.racecar({ workers: 2, args: ['--heartbeat-interval', '0.2', '--session-timeout', '3.5'] })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()
  proxy.rewriteError(Api.Heartbeat, 1, codeOf('FENCED_INSTANCE_ID'))
  const { slot, was } = await racecar.line('slot.renamed')
  await scenario.served()
  await scenario.passes()
  await load.stop()
  await scenario.handledAll()

  expect(racecar.all('slot.exited').map(one => [one.slot, one.code])).toEqual([[slot, 76]])
  expect(racecar.all('slot.exited')[0]!.message).toContain(
    `another process has joined the group ${scenario.group} as ${was}`,
  )
  expect(racecar.forks()).toHaveLength(3)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(lossesOf([racecar]))
  await scenario.expectNothingLeft()
})
