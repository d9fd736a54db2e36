import { beforeEach, describe, expect, test } from 'vitest'
import type { PartitionOffset } from '../../../src/engine/engine.ts'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { Commits } from '../../../src/engine/kafkajs/commits.ts'
import type { Coordinator, Identity } from '../../../src/engine/kafkajs/coordinator.ts'
import { Origins } from '../../../src/engine/kafkajs/origins.ts'
import { createBus } from '../../../src/events/bus.ts'
import { deferred } from '../../../src/lib/deferred.ts'

const at = (partition: number, offset = 5): PartitionOffset => ({ topic: 't', partition, offset })

let identity: Identity
let owned: Set<number>
let heard: number[]
let denied: unknown[]
let failed: unknown[]
let sent: { identity: Identity; topics: unknown }[]
/** By partition: how the coordinator answers. */
let answers: Record<number, string>
let answering: Promise<void>
let origins: Origins
let commits: Commits

beforeEach(() => {
  identity = { memberId: 'me', generation: 3 }
  owned = new Set([0, 1])
  ;[heard, denied, failed, sent, answers] = [[], [], [], [], {}]
  answering = Promise.resolve()
  const coordinator = {
    async commit(by: Identity, topics: readonly { topic: string; partitions: { partition: number }[] }[]) {
      sent.push({ identity: by, topics })
      await answering
      const code = (partition: number) => codeOf(answers[partition] ?? 'NONE')
      const partitions = topics.flatMap(({ partitions }) => partitions)
      const coded = partitions.map(({ partition }) => ({ partition, errorCode: code(partition) }))
      return { responses: [{ topic: 't', partitions: coded }] }
    },
  } as unknown as Coordinator
  const bus = createBus()
  bus.on('commit.failed', event => failed.push(event))
  origins = new Origins()
  origins.noteAll({ t: 4 })
  origins.noteAll({ t: 6 })
  commits = new Commits({
    origins,
    coordinator,
    bus,
    identity: () => identity,
    owns: ({ partition }) => owned.has(partition),
    onAnswer: code => heard.push(code),
    onDenied: error => denied.push(error),
  })
})

describe('a commit', () => {
  test('is sent under the generation of now, only for what is owned, and tells with how many partitions the group began', async () => {
    expect(await commits.commit([at(0), at(7), at(1)])).toEqual(['committed', 'lost', 'committed'])
    expect(sent).toEqual([
      {
        identity: { memberId: 'me', generation: 3 },
        topics: [{ topic: 't', partitions: [0, 1].map(partition => ({ partition, offset: 5, metadata: 'rcar:4' })) }],
      },
    ])
  })

  test('waits for a generation, without asking anybody', async () => {
    identity = { memberId: 'me', generation: -1 }
    expect(await commits.commit([at(0)])).toEqual(['retry'])
    expect(sent).toEqual([])
  })

  test('that is refused because the group rebalances is to be tried again, and the member hears of it', async () => {
    answers = { 0: 'REBALANCE_IN_PROGRESS', 1: 'REBALANCE_IN_PROGRESS' }
    expect(await commits.commit([at(0), at(1)])).toEqual(['retry', 'retry'])
    expect(heard).toEqual([codeOf('REBALANCE_IN_PROGRESS')])
  })

  test('whose answer is to another identity than that of now tells the member nothing', async () => {
    const answered = deferred()
    answering = answered.promise
    answers = { 0: 'ILLEGAL_GENERATION' }
    const committing = commits.commit([at(0)])
    identity = { memberId: 'me', generation: 4 }
    answered.resolve()
    expect(await committing).toEqual(['retry'])
    expect(heard).toEqual([])
  })

  test('of what was lost meanwhile is lost, even where an answer never came', async () => {
    const answered = deferred()
    answering = answered.promise
    const committing = commits.commit([at(0), at(1)])
    owned.delete(1)
    answered.reject(new Error('the connection is gone'))
    expect(await committing).toEqual(['retry', 'lost'])
  })

  test('that loses the membership is lost', async () => {
    answers = { 0: 'UNKNOWN_MEMBER_ID' }
    const evicted = new Commits({
      origins,
      ...commitsParts(),
      onAnswer: () => owned.clear(),
    })
    expect(await evicted.commit([at(0)])).toEqual(['lost'])
  })

  test('that succeeds for one partition and not for another says so', async () => {
    answers = { 1: 'UNKNOWN_TOPIC_OR_PARTITION' }
    expect(await commits.commit([at(0), at(1)])).toEqual(['committed', 'retry'])
  })

  test('that is not allowed ends the membership; one that will never be accepted is told of', async () => {
    answers = { 0: 'GROUP_AUTHORIZATION_FAILED' }
    await commits.commit([at(0)])
    expect(denied).toMatchObject([{ code: 'GROUP_AUTHORIZATION_FAILED' }])
    answers = { 0: 'OFFSET_METADATA_TOO_LARGE' }
    await commits.commit([at(0)])
    expect(failed).toMatchObject([{ error: { code: 'OFFSET_METADATA_TOO_LARGE' }, offsets: [at(0)] }])
  })
})

function commitsParts() {
  const coordinator = {
    commit: () =>
      Promise.resolve({
        responses: [{ topic: 't', partitions: [{ partition: 0, errorCode: codeOf('UNKNOWN_MEMBER_ID') }] }],
      }),
  } as unknown as Coordinator
  const owns = ({ partition }: { partition: number }) => owned.has(partition)
  return { coordinator, bus: createBus(), identity: () => identity, owns, onDenied: () => {} }
}
