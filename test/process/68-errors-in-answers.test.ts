import { expect, test } from 'vitest'
import { actionOf, codeOf } from '../../src/engine/kafkajs/codes.ts'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { lossesOf } from '../support/membership.ts'
import { shuffled } from '../support/property.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const COORDINATOR = ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'] as const
const MEMBERSHIP = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'] as const

/** What a broker may answer that must not end anything, by request. */
const passing = {
  JoinGroup: [
    ...COORDINATOR,
    'REBALANCE_IN_PROGRESS',
    'UNKNOWN_MEMBER_ID',
    'MEMBER_ID_REQUIRED',
    'GROUP_MAX_SIZE_REACHED',
    'UNKNOWN_SERVER_ERROR',
  ],
  SyncGroup: [...COORDINATOR, ...MEMBERSHIP, 'UNKNOWN_SERVER_ERROR'],
  Heartbeat: [...COORDINATOR, ...MEMBERSHIP, 'UNKNOWN_SERVER_ERROR'],
  OffsetCommit: [
    ...COORDINATOR,
    ...MEMBERSHIP,
    'UNKNOWN_TOPIC_OR_PARTITION',
    'REQUEST_TIMED_OUT',
    'OFFSET_METADATA_TOO_LARGE',
    'INVALID_COMMIT_OFFSET_SIZE',
    'UNKNOWN_SERVER_ERROR',
  ],
  Fetch: [
    'OFFSET_OUT_OF_RANGE',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'NOT_LEADER_OR_FOLLOWER',
    'LEADER_NOT_AVAILABLE',
    'REPLICA_NOT_AVAILABLE',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'OFFSET_NOT_AVAILABLE',
    'KAFKA_STORAGE_ERROR',
    'CORRUPT_MESSAGE',
    'UNSUPPORTED_COMPRESSION_TYPE',
    'FETCH_SESSION_ID_NOT_FOUND',
    'UNKNOWN_TOPIC_ID',
    'UNKNOWN_SERVER_ERROR',
  ],
} as const satisfies Partial<Record<keyof typeof Api, readonly string[]>>

type Asked = keyof typeof passing

/** Whether the table takes it for the loss of the membership. A static member that a commit calls unknown asks by a beat first. */
const loses = (api: Asked, code: string): boolean => {
  const action = actionOf(codeOf(code))
  return action === 'generation' || (action === 'evicted' && api !== 'OffsetCommit')
}

test('each error that a broker may answer with is retried or joined anew over, and the group flows again', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('errors', { kafka, address: proxy.address, partitions: 6 })
  const racecar = scenario.racecar({ args: ['--heartbeat-interval', '0.2'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20 })
  await scenario.flows()

  const all = Object.entries(passing).flatMap(([api, codes]) => codes.map(code => ({ api: api as Asked, code })))
  const { seed, items } = shuffled(all)
  print(`row 68: seed ${seed}`)
  const took: { what: string; ms: number }[] = []
  for (const { api, code } of items) {
    const [start, before] = [now(), racecar.lines.length]
    // A member believes no answer to what it asked before its last join.
    proxy.rewriteError(Api[api], 1, codeOf(code), { isLater: true })
    // What makes a member join.
    if (api === 'JoinGroup' || api === 'SyncGroup')
      proxy.rewriteError(Api.Heartbeat, 1, codeOf('REBALANCE_IN_PROGRESS'))
    const lost = () => racecar.lines.slice(before).filter(({ event }) => event === 'group.lost')
    await scenario.until(`${code} in an answer to ${api}`, () => proxy.owed === 0)
    // Messages may still pass before the answer has come to its member.
    if (loses(api, code)) await scenario.until('the loss', () => lost().length > 0)
    await scenario.passes()
    await scenario.served()
    expect([api, code, ...lost().map(({ reason }) => reason)]).toEqual([api, code, ...(loses(api, code) ? [code] : [])])
    took.push({ what: `${code} to ${api}`, ms: now() - start })
  }
  await load.stop()
  await scenario.handledAll()

  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(lossesOf([racecar]))
  await scenario.expectNothingLeft()
  const sum = took.reduce((all, { ms }) => all + ms, 0)
  const [longest] = took.sort((a, b) => b.ms - a.ms)
  print(`row 68: ${took.length} errors in ${millis(sum)}, longest ${longest!.what} ${millis(longest!.ms)}`)
  print(`row 68: ${scenario.ledger.repeated().length} of ${scenario.acknowledged.length} handled again`)
})
