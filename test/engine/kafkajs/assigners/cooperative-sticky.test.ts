import { describe, expect, it } from 'vitest'
import { cooperativeSticky } from '../../../../src/engine/kafkajs/assigners/cooperative-sticky.ts'
import { after, at, counts, lines, loadsOf, member, movedBetween, settle, spreadOf } from './groups.ts'

const { assign } = cooperativeSticky
const holding = (id: string, generation: number, ...keys: string[]) =>
  member(id, 't', { owned: at(...keys), generation })

describe('a group with one subscription', () => {
  it('is shared out evenly at the first join, each topic as well', () => {
    const members = ['m1', 'm2', 'm3'].map(id => member(id, ['a', 'b']))
    const { plan, assignment, withheld } = assign(members, counts({ a: 3, b: 4 }))
    expect(lines(assignment)).toEqual({ m1: 'a/0 b/0 b/3', m2: 'a/1 b/1', m3: 'a/2 b/2' })
    expect(plan).toEqual(assignment)
    expect(withheld).toEqual([])
  })

  it('gives a joining member nothing that another still holds, and all that is due in the next round', () => {
    const members = [holding('m1', 4, 't/0', 't/1', 't/2'), holding('m2', 4, 't/3', 't/4', 't/5'), member('m3', 't')]
    const first = assign(members, counts({ t: 6 }))
    expect(lines(first.plan)).toEqual({ m1: 't/1 t/2', m2: 't/4 t/5', m3: 't/0 t/3' })
    expect(lines(first.assignment)).toEqual({ m1: 't/1 t/2', m2: 't/4 t/5', m3: '' })
    expect(first.withheld).toEqual(at('t/0', 't/3'))
    const second = assign(after(members, first.assignment), counts({ t: 6 }))
    expect(second.assignment).toEqual(first.plan)
    expect(second.withheld).toEqual([])
  })

  it('shares out what a leaving member had, and moves nothing else', () => {
    const members = [holding('m1', 4, 't/0', 't/3'), holding('m3', 4, 't/2', 't/5')]
    const { assignment, withheld } = assign(members, counts({ t: 6 }))
    expect(lines(assignment)).toEqual({ m1: 't/0 t/1 t/3', m3: 't/2 t/4 t/5' })
    expect(withheld).toEqual([])
  })

  it('gives added partitions to those with the fewest', () => {
    const members = [holding('m1', 4, 't/0', 't/2'), holding('m2', 4, 't/1')]
    expect(lines(assign(members, counts({ t: 4 })).assignment)).toEqual({ m1: 't/0 t/2', m2: 't/1 t/3' })
  })

  it('takes of the topic that giver and taker hold most unequally', () => {
    const owned = at('a/0', 'a/1', 'b/0', 'b/1', 'b/2', 'b/3')
    const members = [member('m1', ['a', 'b'], { owned, generation: 1 }), member('m2', ['a', 'b'])]
    expect(lines(assign(members, counts({ a: 2, b: 4 })).plan)).toEqual({ m1: 'a/1 b/2 b/3', m2: 'a/0 b/0 b/1' })
  })

  it('spreads a topic over those with equal loads', () => {
    const members = [holding('m1', 1, 'a/0'), holding('m2', 1, 'b/0')].map(one => ({ ...one, topics: ['a', 'b'] }))
    expect(lines(assign(members, counts({ a: 2, b: 2 })).plan)).toEqual({ m1: 'a/0 b/1', m2: 'a/1 b/0' })
  })

  it('does not mind a member that names a partition twice', () => {
    const { assignment } = assign([holding('m1', 1, 't/0', 't/0'), holding('m2', 1, 't/1')], counts({ t: 2 }))
    expect(lines(assignment)).toEqual({ m1: 't/0', m2: 't/1' })
  })

  it('forgets topics and partitions that are gone', () => {
    const members = [holding('m1', 4, 't/0', 't/7', 'gone/0'), holding('m2', 4, 't/1')]
    const { assignment, withheld } = assign(members, counts({ t: 2 }))
    expect(lines(assignment)).toEqual({ m1: 't/0', m2: 't/1' })
    expect(withheld).toEqual([])
  })
})

describe('a partition that two members claim', () => {
  it('stays with the one of the higher generation', () => {
    for (const order of [1, -1]) {
      const members = [holding('m1', 4, 't/0', 't/1'), holding('m2', 5, 't/1', 't/2')].sort(() => order)
      const { assignment } = assign(members, counts({ t: 4 }))
      expect(lines(assignment)).toEqual({ m1: 't/0 t/3', m2: 't/1 t/2' })
    }
  })

  it('stays with neither where their generations are equal, and goes to nobody before both have given it up', () => {
    const members = [holding('m1', 5, 't/0'), holding('m2', 5, 't/0', 't/1'), holding('m3', 4, 't/0')]
    const first = assign(members, counts({ t: 3 }))
    expect(first.withheld).toEqual(at('t/0'))
    expect(lines(first.assignment)).toEqual({ m1: '', m2: 't/1', m3: 't/2' })
    const second = assign(after(members, first.assignment), counts({ t: 3 }))
    expect(lines(second.assignment)).toEqual({ m1: 't/0', m2: 't/1', m3: 't/2' })
  })

  it('is not handed over to the weaker claim in the same round', () => {
    const strong = holding('m1', 5, 't/0', 't/1', 't/2', 't/3')
    const { plan, assignment, withheld } = assign(
      [strong, holding('m2', 3, 't/0', 't/1', 't/2', 't/3')],
      counts({ t: 4 }),
    )
    expect(loadsOf(plan)).toEqual([2, 2])
    expect(loadsOf(assignment)).toEqual([2, 0])
    expect(withheld).toHaveLength(2)
  })
})

describe('a group with several subscriptions', () => {
  it('withholds what a member holds of a topic that it has unsubscribed from', () => {
    const former = member('m1', 'b', { owned: at('a/0'), generation: 3 })
    const first = assign([former, member('m2', ['a', 'b'])], counts({ a: 1, b: 1 }))
    expect(lines(first.assignment)).toEqual({ m1: 'b/0', m2: '' })
    expect(first.withheld).toEqual(at('a/0'))
  })

  it('is as even as the subscriptions let it', () => {
    const members = [member('m1', 'a'), member('m2', ['a', 'b']), member('m3', ['b', 'c'])]
    expect(loadsOf(assign(members, counts({ a: 2, b: 2, c: 2 })).assignment)).toEqual([2, 2, 2])
  })

  it('evens out along a route, where the fullest shares no topic with the emptiest', () => {
    const members = [
      member('m1', 'a', { owned: at('a/0', 'a/1', 'a/2'), generation: 1 }),
      member('m2', ['a', 'b'], { owned: at('b/0', 'b/1'), generation: 1 }),
      member('m3', 'b'),
    ]
    const { members: settled, shares, rounds } = settle(cooperativeSticky, members, counts({ a: 3, b: 2 }))
    expect(loadsOf(shares)).toEqual([2, 2, 1])
    expect(movedBetween(members, shares)).toBe(2)
    expect(rounds).toBe(2)
    expect(assign(settled, counts({ a: 3, b: 2 })).assignment).toEqual(shares)
  })

  it('passes on what has just come before what was there', () => {
    const members = [
      member('m0', 'a', { owned: at('a/1'), generation: 1 }),
      member('m1', ['b', 'c']),
      member('m2', ['a', 'c', 'd'], { owned: at('c/3', 'd/0', 'd/1'), generation: 1 }),
    ]
    const { plan } = assign(members, counts({ a: 6, c: 4, d: 5 }))
    expect(movedBetween(members, plan)).toBe(1)
  })

  it('lets nobody make up for a member that alone has a large topic', () => {
    const members = [member('m1', 'a'), member('m2', ['a', 'b']), member('m3', ['a', 'b'])]
    expect(lines(assign(members, counts({ a: 1, b: 6 })).assignment)).toEqual({
      m1: 'a/0',
      m2: 'b/0 b/2 b/4',
      m3: 'b/1 b/3 b/5',
    })
  })
})

describe('a large group', () => {
  const topics = Array.from({ length: 20 }, (_, i) => `topic-${i}`)
  const sizes = new Map(topics.map(topic => [topic, 30]))
  const ids = Array.from({ length: 100 }, (_, i) => `member-${i}`)
  const timed = (run: () => void): number => {
    const start = performance.now()
    run()
    return performance.now() - start
  }

  it('of 100 members and 600 partitions is planned within a fraction of a session', () => {
    const members = ids.map(id => member(id, topics))
    expect(timed(() => expect(spreadOf(settle(cooperativeSticky, members, sizes).shares)).toBe(0))).toBeLessThan(2000)
  })

  it('with a subscription for each member, all held by one at first, is as well', () => {
    const members = ids.map((id, i) => member(id, topics.slice(i % 20).concat(topics.slice(0, i % 5))))
    const all = topics.flatMap(topic => Array.from({ length: 30 }, (_, partition) => ({ topic, partition })))
    const hoarding = [{ ...members[0]!, owned: all, generation: 1 }, ...members.slice(1)]
    const took = timed(() => expect(spreadOf(settle(cooperativeSticky, hoarding, sizes).shares)).toBeLessThanOrEqual(1))
    expect(took).toBeLessThan(4000)
  })
})
