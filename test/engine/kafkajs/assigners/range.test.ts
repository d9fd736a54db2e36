import { expect, it } from 'vitest'
import { range } from '../../../../src/engine/kafkajs/assigners/range.ts'
import { counts, lines, member } from './groups.ts'

const share = (...[members, sizes]: Parameters<typeof range.assign>) => lines(range.assign(members, sizes).assignment)

// The shares in these tables are those that Java's RangeAssignor (kafka-clients 4.3.1) gives.

it('gives neighbouring partitions, one more to the first members', () => {
  expect(share([member('m2', 't'), member('m1', 't'), member('m3', 't')], counts({ t: 7 }))).toEqual({
    m1: 't/0 t/1 t/2',
    m2: 't/3 t/4',
    m3: 't/5 t/6',
  })
})

it('shares out each topic by itself, so that topics of one size go together', () => {
  expect(share([member('m1', ['a', 'b']), member('m2', ['b', 'a'])], counts({ a: 3, b: 3 }))).toEqual({
    m1: 'a/0 a/1 b/0 b/1',
    m2: 'a/2 b/2',
  })
})

it('gives nothing to members beyond the number of partitions', () => {
  expect(
    share(
      ['m1', 'm2', 'm3'].map(id => member(id, 't')),
      counts({ t: 2 }),
    ),
  ).toEqual({ m1: 't/0', m2: 't/1', m3: '' })
})

it('puts static members first, by their instance id, whatever their member ids', () => {
  const members = [
    member('a', 't'),
    member('y', 't', { instanceId: 'slot-2' }),
    member('z', 't', { instanceId: 'slot-1' }),
  ]
  expect(share(members, counts({ t: 6 }))).toEqual({ z: 't/0 t/1', y: 't/2 t/3', a: 't/4 t/5' })
  const restarted = members.map(one => (one.memberId === 'z' ? { ...one, memberId: 'b' } : one))
  expect(share(restarted, counts({ t: 6 }))).toEqual({ b: 't/0 t/1', y: 't/2 t/3', a: 't/4 t/5' })
})

it('orders ids by code units, capitals first', () => {
  const members = ['b', 'a', 'B', 'A'].map(id => member(id, 't'))
  expect(share(members, counts({ t: 4 }))).toEqual({ A: 't/0', B: 't/1', a: 't/2', b: 't/3' })
})

it("honours each member's own subscription", () => {
  const members = [member('m1', ['a', 'b']), member('m2', 'a'), member('m3', ['b', 'c'])]
  expect(share(members, counts({ a: 3, b: 3, c: 2 }))).toEqual({
    m1: 'a/0 a/1 b/0 b/1',
    m2: 'a/2',
    m3: 'b/2 c/0 c/1',
  })
})

it('leaves out topics that do not exist', () => {
  expect(share([member('m1', ['gone', 't', 'empty'])], counts({ t: 1, empty: 0, unasked: 3 }))).toEqual({ m1: 't/0' })
})

it('is carried out at once', () => {
  const round = range.assign([member('m1', 't')], counts({ t: 2 }))
  expect(range.protocol).toBe('eager')
  expect(round.plan).toEqual(round.assignment)
  expect(round.withheld).toEqual([])
})
