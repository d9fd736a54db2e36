import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../../../../src/engine/engine.ts'
import type { Shares } from '../../../../src/engine/kafkajs/assigners/assigner.ts'
import { assignerOf, findAssigner } from '../../../../src/engine/kafkajs/assigners/registry.ts'
import type { MemberSubscription } from '../../../../src/engine/kafkajs/protocol.ts'
import {
  equalGroup,
  type Group,
  keysOf,
  loadsOf,
  member,
  mixedGroup,
  movedBetween,
  quarrellingGroup,
  settle,
  spreadOf,
  wanted,
} from './groups.ts'

const sticky = assignerOf('cooperative-sticky')
const all = (['range', 'roundrobin', 'cooperative-sticky'] as const).map(assignerOf)
const eager = all.filter(assigner => assigner.protocol === 'eager')

function holds(group: fc.Arbitrary<Group>, check: (group: Group) => void): void {
  fc.assert(fc.property(group, check), { numRuns: 300 })
}

const subscribed = (members: readonly MemberSubscription[], shares: Shares): boolean =>
  members.every(one => shares.get(one.memberId)!.every(({ topic }) => one.topics.includes(topic)))

describe.each(all.map(assigner => ({ name: assigner.name, assigner })))('$name', ({ name, assigner }) => {
  it('is found by the name that travels on the wire', () => {
    expect(findAssigner(name)).toBe(assigner)
    expect(assigner.name).toBe(name)
  })

  it('plans every partition of a subscribed topic for exactly one member, which subscribes to it', () => {
    holds(quarrellingGroup, ({ members, partitionCounts }) => {
      const { plan } = assigner.assign(members, partitionCounts)
      expect([...plan.keys()].sort()).toEqual(members.map(one => one.memberId).sort())
      expect(keysOf(plan).sort()).toEqual(wanted(members, partitionCounts).sort())
      expect(subscribed(members, plan)).toBe(true)
    })
  })

  it('does not depend on the order in which members come', () => {
    const shuffled = quarrellingGroup.chain(({ members, partitionCounts }) =>
      fc.record({
        one: fc.constant({ members, partitionCounts }),
        other: fc.shuffledSubarray(members, { minLength: members.length }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ one, other }) => {
        const round = assigner.assign(one.members, one.partitionCounts)
        expect(assigner.assign(other, one.partitionCounts)).toEqual(round)
      }),
    )
  })
})

it('knows no assigner by another name', () => {
  for (const name of ['sticky', '', 'toString']) expect(findAssigner(name)).toBeUndefined()
})

describe.each(eager.map(assigner => ({ name: assigner.name, assigner })))('the eager $name', ({ name, assigner }) => {
  it('tells all of its plan at once', () => {
    holds(mixedGroup, ({ members, partitionCounts }) => {
      const { plan, assignment, withheld } = assigner.assign(members, partitionCounts)
      expect(assignment).toEqual(plan)
      expect(withheld).toEqual([])
    })
  })

  it('is even where all subscribe to the same', () => {
    holds(equalGroup, ({ members, partitionCounts }) => {
      const topics = name === 'range' ? [...new Set(wanted(members, partitionCounts).map(key => key[0]!))].length : 1
      expect(spreadOf(assigner.assign(members, partitionCounts).plan)).toBeLessThanOrEqual(topics)
    })
  })
})

describe('cooperative-sticky, over rounds,', () => {
  it('never gives to one what another claims, nor anything to two', () => {
    holds(quarrellingGroup, ({ members, partitionCounts }) => {
      const { plan, assignment, withheld } = sticky.assign(members, partitionCounts)
      const told = keysOf(assignment)
      expect(new Set(told).size).toBe(told.length)
      expect([...told, ...withheld.map(keyOf)].sort()).toEqual(keysOf(plan).sort())
      for (const one of members) {
        const mine = new Set(one.owned.map(keyOf))
        const others = new Set(members.filter(other => other !== one).flatMap(other => other.owned.map(keyOf)))
        const added = assignment
          .get(one.memberId)!
          .map(keyOf)
          .filter(key => !mine.has(key))
        expect(added.filter(key => others.has(key))).toEqual([])
      }
    })
  })

  it('withholds nothing that nobody claims', () => {
    holds(quarrellingGroup, ({ members, partitionCounts }) => {
      const claimed = new Set(members.flatMap(one => one.owned.map(keyOf)))
      const { withheld } = sticky.assign(members, partitionCounts)
      expect(withheld.map(keyOf).filter(key => !claimed.has(key))).toEqual([])
    })
  })

  it('ends after two, with all of the first plan carried out', () => {
    holds(quarrellingGroup, ({ members, partitionCounts }) => {
      const { shares, rounds } = settle(sticky, members, partitionCounts)
      expect(rounds).toBeLessThanOrEqual(2)
      expect(keysOf(shares).sort()).toEqual(wanted(members, partitionCounts).sort())
      expect(subscribed(members, shares)).toBe(true)
    })
  })

  it('is even where all subscribe to the same', () => {
    holds(equalGroup, ({ members, partitionCounts }) => {
      expect(spreadOf(settle(sticky, members, partitionCounts).shares)).toBeLessThanOrEqual(1)
    })
  })

  it('is as even as any sharing-out could be where subscriptions differ', () => {
    const small = mixedGroup.filter(group => ways(group) <= 5000)
    holds(small, group => {
      expect(unevenness(loadsOf(sticky.assign(group.members, group.partitionCounts).plan))).toBe(leastUneven(group))
    })
  })

  it('moves nothing when nothing has changed', () => {
    holds(mixedGroup, ({ members, partitionCounts }) => {
      const settled = settle(sticky, members, partitionCounts)
      const again = sticky.assign(settled.members, partitionCounts)
      expect(again.assignment).toEqual(settled.shares)
      expect(again.withheld).toEqual([])
    })
  })

  it('moves only what a leaving member had', () => {
    holds(equalGroup, ({ members, partitionCounts }) => {
      fc.pre(members.length > 1)
      const rest = settle(sticky, members, partitionCounts).members.slice(1)
      const { assignment, withheld } = sticky.assign(rest, partitionCounts)
      expect(movedBetween(rest, assignment)).toBe(0)
      expect(withheld).toEqual([])
      expect(spreadOf(assignment)).toBeLessThanOrEqual(1)
    })
  })

  it("moves no more than a joining member's share, and only to it", () => {
    holds(equalGroup, ({ members, partitionCounts }) => {
      const before = [...settle(sticky, members, partitionCounts).members, member('new', members[0]!.topics)]
      const { shares } = settle(sticky, before, partitionCounts)
      const partitions = wanted(members, partitionCounts).length
      expect(movedBetween(before, shares)).toBeLessThanOrEqual(Math.ceil(partitions / before.length))
      expect(movedBetween(before, shares)).toBe(shares.get('new')!.length)
    })
  })
})

const takers = ({ members, partitionCounts }: Group): number[][] =>
  wanted(members, partitionCounts).map(key =>
    [...members.keys()].filter(i => members[i]!.topics.includes(key.split('/')[0]!)),
  )

const ways = (group: Group): number => takers(group).reduce((product, of) => product * of.length, 1)

const unevenness = (loads: readonly number[]): number => loads.reduce((sum, load) => sum + load ** 2, 0)

/** By trying all. */
function leastUneven(group: Group): number {
  const choices = takers(group)
  const loads = group.members.map(() => 0)
  const best = (from: number): number => {
    if (from === choices.length) return unevenness(loads)
    let least = Infinity
    for (const i of choices[from]!) {
      loads[i]!++
      least = Math.min(least, best(from + 1))
      loads[i]!--
    }
    return least
  }
  return best(0)
}
