// Rule 9: every answer of the brokers is decided. Each code is put once into the next answer by the proxy; then the member either
// goes on, by whatever way the table of codes names, or ends with the exit code that belongs to it. It never just falls silent.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { isRacecarError } from '../../../src/errors.ts'
import { values } from '../../contract/world.ts'
import { Api } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

const goesOn: Readonly<Record<'steady' | 'join', readonly (readonly [keyof typeof Api, string])[]>> = {
  // Put into the answers of a member that is at work.
  steady: [
    ['Heartbeat', 'REBALANCE_IN_PROGRESS'],
    ['Heartbeat', 'ILLEGAL_GENERATION'],
    ['Heartbeat', 'UNKNOWN_MEMBER_ID'],
    ['Heartbeat', 'NOT_COORDINATOR'],
    ['Heartbeat', 'COORDINATOR_NOT_AVAILABLE'],
    ['Heartbeat', 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['Heartbeat', 'UNKNOWN_SERVER_ERROR'],
    ['OffsetCommit', 'REBALANCE_IN_PROGRESS'],
    ['OffsetCommit', 'ILLEGAL_GENERATION'],
    ['OffsetCommit', 'UNKNOWN_MEMBER_ID'],
    ['OffsetCommit', 'NOT_COORDINATOR'],
    ['OffsetCommit', 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['OffsetCommit', 'REQUEST_TIMED_OUT'],
    ['OffsetCommit', 'UNKNOWN_SERVER_ERROR'],
    ['Fetch', 'NOT_LEADER_OR_FOLLOWER'],
    ['Fetch', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['Fetch', 'LEADER_NOT_AVAILABLE'],
    ['Fetch', 'OFFSET_OUT_OF_RANGE'],
    ['Fetch', 'KAFKA_STORAGE_ERROR'],
    ['Fetch', 'CORRUPT_MESSAGE'],
    ['Fetch', 'FENCED_LEADER_EPOCH'],
    ['Fetch', 'UNKNOWN_SERVER_ERROR'],
  ],
  // Put into the answers on the way into the group.
  join: [
    ['FindCoordinator', 'COORDINATOR_NOT_AVAILABLE'],
    ['JoinGroup', 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['JoinGroup', 'NOT_COORDINATOR'],
    ['JoinGroup', 'REBALANCE_IN_PROGRESS'],
    ['JoinGroup', 'UNKNOWN_MEMBER_ID'],
    ['JoinGroup', 'UNKNOWN_SERVER_ERROR'],
    ['JoinGroup', 'GROUP_MAX_SIZE_REACHED'],
    ['SyncGroup', 'REBALANCE_IN_PROGRESS'],
    ['SyncGroup', 'ILLEGAL_GENERATION'],
    ['SyncGroup', 'UNKNOWN_MEMBER_ID'],
    ['SyncGroup', 'NOT_COORDINATOR'],
    ['OffsetFetch', 'COORDINATOR_LOAD_IN_PROGRESS'],
    ['OffsetFetch', 'NOT_COORDINATOR'],
    ['ListOffsets', 'NOT_LEADER_OR_FOLLOWER'],
    ['ListOffsets', 'LEADER_NOT_AVAILABLE'],
    ['Metadata', 'LEADER_NOT_AVAILABLE'],
    ['Metadata', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ],
}

const ends: readonly (readonly [keyof typeof Api, string, number])[] = [
  ['JoinGroup', 'INCONSISTENT_GROUP_PROTOCOL', 78],
  ['JoinGroup', 'INVALID_SESSION_TIMEOUT', 78],
  ['JoinGroup', 'GROUP_AUTHORIZATION_FAILED', 77],
  ['FindCoordinator', 'GROUP_AUTHORIZATION_FAILED', 77],
  ['Metadata', 'TOPIC_AUTHORIZATION_FAILED', 77],
  ['SyncGroup', 'FENCED_INSTANCE_ID', 76],
]

describe('a member at work goes on after', () => {
  for (const [api, code] of goesOn.steady) {
    test(`${code} to ${api}`, async () => {
      await using trial = await openTrial()
      const { probe, proxy } = await trial.join()
      await trial.harness.produce(trial.topic, 0, values(5))
      await trial.harness.until('the first records', () => probe.seen.length === 5)
      proxy.rewriteError(Api[api], 1, codeOf(code))
      const asked = proxy.next(Api[api])
      await trial.harness.produce(trial.topic, 0, values(10))
      await asked
      await trial.harness.produce(trial.topic, 1, values(10))
      await allDone(trial, [probe], 25)
      expect(probe.failure).toBeUndefined()
    })
  }
})

describe('a member on its way into the group goes on after', () => {
  for (const [api, code] of goesOn.join) {
    test(`${code} to ${api}`, async () => {
      await using trial = await openTrial()
      for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(10))
      const { probe, proxy } = await trial.join({ wait: false, prepare: () => {} })
      proxy.rewriteError(Api[api], 1, codeOf(code))
      await probe.started
      await allDone(trial, [probe], 20)
      expect(probe.failure).toBeUndefined()
    })
  }
})

describe('a member ends, and says why, after', () => {
  for (const [api, code, exitCode] of ends) {
    test(`${code} to ${api}: exit code ${exitCode}`, async () => {
      await using trial = await openTrial()
      const { probe, proxy } = await trial.join({ wait: false })
      proxy.rewriteError(Api[api], 1, codeOf(code))
      await expect(probe.started).rejects.toThrow()
      await trial.harness.until('the failure', () => probe.failure !== undefined)
      expect(isRacecarError(probe.failure) && probe.failure.exitCode).toBe(exitCode)
    })
  }
})

test('one partition whose fetches fail holds up no other', async () => {
  await using trial = await openTrial()
  const { probe, proxy } = await trial.join()
  proxy.rewriteError(Api.Fetch, 5, codeOf('CORRUPT_MESSAGE'), { topic: trial.topic, partition: 0 })
  await trial.harness.produce(trial.topic, 0, values(1))
  for (let round = 1; round <= 5; round++) {
    await trial.harness.produce(trial.topic, 1, values(1))
    await trial.harness.until(`record ${round} of the healthy one`, () => probe.values(1).length === round)
  }
  await allDone(trial, [probe], 6)
})
