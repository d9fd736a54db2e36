import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, type TopicPartition } from '../../../src/engine/engine.ts'
import { type Candidate, handOut } from '../../../src/engine/memory/assign.ts'

const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))

const candidate = (id: string, topics: readonly string[], holds: readonly TopicPartition[] = []): Candidate => ({
  id,
  topics: new Set(topics),
  holds,
  had: holds,
  since: 0,
})

const TOPICS = ['a', 'b', 'c']

/** Members with subscriptions of their own that claim any partitions, and what there is. */
const groups = fc.record({
  sizes: fc.array(fc.nat(7), { minLength: 3, maxLength: 3 }),
  members: fc.array(
    fc.record({
      topics: fc.subarray(TOPICS, { minLength: 1 }),
      claims: fc.array(fc.record({ topic: fc.constantFrom(...TOPICS), partition: fc.nat(8) })),
      since: fc.nat(3),
    }),
    { minLength: 1, maxLength: 6 },
  ),
})

describe('handing out partitions', () => {
  it('gives each partition that nobody holds to exactly one subscriber, and none that another holds', () => {
    fc.assert(
      fc.property(groups, ({ sizes, members }) => {
        const partitions = TOPICS.flatMap((topic, index) => partitionsOf(topic, sizes[index] ?? 0))
        const candidates = members.map(({ topics, claims, since }, index) => ({
          ...candidate(`m${index}`, topics, claims),
          since,
        }))
        const { given, unfinished } = handOut(candidates, partitions)
        const holders = new Map<string, string>()
        for (const { id, holds } of candidates.toSorted((a, b) => a.since - b.since)) {
          for (const at of holds) holders.set(keyOf(at), id)
        }
        const all = [...given].flatMap(([id, gets]) => gets.map(at => [keyOf(at), id] as const))
        expect(new Set(all.map(([key]) => key)).size).toBe(all.length)
        for (const [key, id] of all) {
          expect(holders.get(key) ?? id).toBe(id)
          expect(candidates.find(each => each.id === id)?.topics.has(key.slice(0, key.indexOf('/')))).toBe(true)
        }
        const wanted = partitions.filter(({ topic }) => candidates.some(({ topics }) => topics.has(topic)))
        expect(unfinished).toBe(all.length < wanted.length)
      }),
    )
  })

  it('comes to rest when members give up what they are not given, with even shares of what they share', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer({ min: 1, max: 7 }), fc.nat(20), (size, count, seed) => {
        const partitions = partitionsOf('a', size)
        // Any start: what each partition's holder is, if it has one.
        const holderOf = (partition: number) => (partition * 7 + seed) % (count + 2)
        let members = Array.from({ length: count }, (_, index) =>
          candidate(
            `m${index}`,
            ['a'],
            partitions.filter(({ partition }) => holderOf(partition) === index),
          ),
        )
        for (let round = 0; round < 2; round++) {
          const { given } = handOut(members, partitions)
          members = members.map(({ id }) => candidate(id, ['a'], given.get(id)))
        }
        const { given, unfinished } = handOut(members, partitions)
        expect(unfinished).toBe(false)
        const shares = [...given.values()].map(({ length }) => length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        for (const { id, holds } of members) expect(given.get(id)).toEqual(holds)
      }),
    )
  })

  it('moves no more than an even share needs', () => {
    const partitions = partitionsOf('a', 12)
    const thirds = [0, 1, 2].map(index =>
      candidate(
        `m${index}`,
        ['a'],
        partitions.filter(({ partition }) => partition % 3 === index),
      ),
    )
    const { given, unfinished } = handOut([...thirds, candidate('new', ['a'])], partitions)
    expect(unfinished).toBe(true)
    expect(thirds.map(({ id }) => given.get(id)?.length)).toEqual([3, 3, 3])
    expect(given.get('new')).toEqual([])
  })

  it('believes the later of two that say they hold a partition', () => {
    const partitions = partitionsOf('a', 1)
    const older = { ...candidate('older', ['a'], partitions), since: 3 }
    const newer = { ...candidate('newer', ['a'], partitions), since: 4 }
    expect(handOut([newer, older], partitions).given).toEqual(
      new Map<string, unknown>([
        ['newer', partitions],
        ['older', []],
      ]),
    )
  })
})
