import { expect, test } from 'vitest'
import type { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { fatal } from '../../../src/engine/kafkajs/fatal.ts'
import { Rights } from '../../../src/engine/kafkajs/rights.ts'

const [READ, WRITE, DESCRIBE] = [1 << 3, 1 << 4, 1 << 8]
type Topic = number | undefined | 'TOPIC_AUTHORIZATION_FAILED' | 'UNKNOWN_TOPIC_OR_PARTITION'

/** What a member lacks that reads `in` and writes to `out`, where brokers say this of the two. */
async function lack(topics: { readonly in: Topic; readonly out: Topic }) {
  const asked: unknown[] = []
  const metadata = async (...args: unknown[]) => {
    asked.push(args)
    const topicMetadata = Object.entries(topics).map(([topic, is]) =>
      typeof is === 'string' ? { topic, topicErrorCode: codeOf(is) } : { topic, topicErrorCode: 0, operations: is },
    )
    return { topicMetadata }
  }
  const rights = new Rights({ brokers: { metadata } as unknown as Brokers, reads: ['in'], writes: ['out'] })
  const check = () =>
    rights.check().then(
      () => undefined,
      (error: unknown) => fatal(error, { groupId: 'g' } as never).message,
    )
  return { first: await check(), again: await check(), asked }
}

const lacking = (what: string, right: string) =>
  `Kafka does not allow it: ${what}: TOPIC_AUTHORIZATION_FAILED (it takes the ACL ${right})`

test.each<[Topic, Topic, string | undefined]>([
  [READ | DESCRIBE, WRITE | DESCRIBE, undefined],
  [WRITE | DESCRIBE, WRITE, lacking('reading the topic in', 'Read on the topic in')],
  ['TOPIC_AUTHORIZATION_FAILED', WRITE, lacking('reading the topic in', 'Read on the topic in')],
  [READ, READ | DESCRIBE, lacking('writing to the topic out', 'Write on the topic out')],
  [READ, 'TOPIC_AUTHORIZATION_FAILED', lacking('writing to the topic out', 'Write on the topic out')],
  // Nobody knows: a topic that is missing, brokers before 2.8.
  ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', undefined],
  [undefined, undefined, undefined],
  // Brokers of others, which leave the field empty.
  [0, 0, undefined],
])('a member that may %s what it reads, and %s where it writes, lacks %s', async (reads, writes, expected) => {
  expect(await lack({ in: reads, out: writes })).toMatchObject({ first: expected, again: expected })
})

test('they are asked for once, and again where nobody has answered', async () => {
  const { asked } = await lack({ in: READ, out: WRITE })
  expect(asked).toEqual([[['in', 'out'], { withRights: true }]])
  let calls = 0
  const metadata = async () => {
    if (++calls === 1) throw new Error('nobody answers')
    return { topicMetadata: [] }
  }
  const rights = new Rights({ brokers: { metadata } as unknown as Brokers, reads: ['in'], writes: [] })
  await expect(rights.check()).rejects.toThrow('nobody answers')
  await rights.check()
  await rights.check()
  expect(calls).toBe(2)
})
