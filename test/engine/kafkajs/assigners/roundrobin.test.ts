import { expect, it } from 'vitest'
import { roundrobin } from '../../../../src/engine/kafkajs/assigners/roundrobin.ts'
import { counts, lines, member } from './groups.ts'

const share = (...[members, sizes]: Parameters<typeof roundrobin.assign>) =>
  lines(roundrobin.assign(members, sizes).assignment)

// The shares in these tables are those that Java's RoundRobinAssignor (kafka-clients 4.3.1) gives.

it('deals all partitions of all topics in turn', () => {
  expect(share([member('m2', ['b', 'a']), member('m1', ['a', 'b'])], counts({ a: 3, b: 3 }))).toEqual({
    m1: 'a/0 a/2 b/1',
    m2: 'a/1 b/0 b/2',
  })
})

it('passes over members that do not subscribe to the topic, and goes on behind the last one served', () => {
  const members = [member('c0', 't0'), member('c1', ['t0', 't1']), member('c2', ['t0', 't1', 't2'])]
  expect(share(members, counts({ t0: 1, t1: 2, t2: 3 }))).toEqual({ c0: 't0/0', c1: 't1/0', c2: 't1/1 t2/0 t2/1 t2/2' })
})

it('puts static members first, by their instance id, whatever their member ids', () => {
  const members = [
    member('a', 't'),
    member('y', 't', { instanceId: 'slot-2' }),
    member('z', 't', { instanceId: 'slot-1' }),
  ]
  expect(share(members, counts({ t: 4 }))).toEqual({ z: 't/0 t/3', y: 't/1', a: 't/2' })
})

it('leaves out topics that do not exist', () => {
  expect(share([member('m1', ['gone', 't']), member('m2', 'gone')], counts({ t: 2 }))).toEqual({
    m1: 't/0 t/1',
    m2: '',
  })
})

it('gives every member an entry when there is nothing to share out', () => {
  expect(share([member('m1', 'gone'), member('m2', [])], counts({}))).toEqual({ m1: '', m2: '' })
})
