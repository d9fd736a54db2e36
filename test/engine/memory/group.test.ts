import { describe, expect, it } from 'vitest'
import { Group } from '../../../src/engine/memory/group.ts'
import { type JoinAnswer, type JoinRequest, NONE } from '../../../src/engine/memory/protocol.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const SESSION = 6_000

function setUp() {
  const clock = new FakeClock()
  const sizes = new Map([
    ['a', 2],
    ['b', 2],
  ])
  let isUp = true
  const group = new Group({ clock, partitionsOf: topic => sizes.get(topic) ?? 0, isUp: () => isUp })
  const request = (memberId: string, over: Partial<JoinRequest> = {}): JoinRequest => ({
    memberId,
    instanceId: null,
    generation: NONE,
    topics: ['a'],
    protocol: 'cooperative',
    owned: [],
    sessionTimeout: SESSION,
    rebalanceTimeout: 20_000,
    ...over,
  })
  const outage = (down: boolean) => {
    isUp = !down
    if (isUp) group.wake()
  }
  return { clock, group, request, outage, sizes }
}

const at = (partition: number, topic = 'a') => ({ topic, partition })
const partitionsOf = (answer: JoinAnswer) => (answer.kind === 'joined' ? answer.partitions : answer.kind)
const generationOf = (answer: JoinAnswer) => (answer.kind === 'joined' ? answer.generation : answer.kind)

describe('a group in memory', () => {
  it('lets a static replacement step in without a rebalance, under the same generation', async () => {
    const { group, request } = setUp()
    const first = await group.join(request('one', { instanceId: 'x' }))
    const second = await group.join(request('two', { instanceId: 'x' }))
    expect(second).toEqual(first)
    expect(group.members).toEqual([{ memberId: 'two', instanceId: 'x', partitions: [at(0), at(1)] }])
  })

  it('hands to nobody what is withheld, and out again what is no longer', async () => {
    const { group, request } = setUp()
    const heard = (generation: number) => group.heartbeat({ memberId: 'one', instanceId: null, generation })
    group.withhold([at(1)])
    expect(partitionsOf(await group.join(request('one')))).toEqual([at(0)])
    group.withhold([at(0)])
    expect(heard(1)).toBe('rebalance')
    const again = await group.join(request('one', { generation: 1, owned: [at(0)] }))
    expect(partitionsOf(again)).toEqual([at(1)])
    group.withhold([])
    expect(heard(2)).toBe('rebalance')
    const all = await group.join(request('one', { generation: 2, owned: [at(1)] }))
    expect(partitionsOf(all)).toHaveLength(2)
  })

  it('fences whoever was replaced, in whatever it says next', async () => {
    const { group, request } = setUp()
    const generation = Number(generationOf(await group.join(request('one', { instanceId: 'x' }))))
    await group.join(request('two', { instanceId: 'x' }))
    const earlier = { memberId: 'one', instanceId: 'x', generation }
    expect(group.heartbeat(earlier)).toBe('fenced')
    expect(group.commit(earlier, [{ ...at(0), offset: 5 }])).toBe('fenced')
    expect(group.committed(at(0))).toBeNull()
    expect(await group.join(request('one', earlier))).toEqual({ kind: 'fenced' })
    group.leave(earlier)
    expect(group.members).toHaveLength(1)
  })

  it('fences a member that is replaced while it waits for the others', async () => {
    const { group, request, clock } = setUp()
    await group.join(request('other'))
    const waiting = group.join(request('one', { instanceId: 'x' }))
    const replacing = group.join(request('two', { instanceId: 'x' }))
    expect(await waiting).toEqual({ kind: 'fenced' })
    const other = group.join(request('other', { generation: 1, owned: [at(0), at(1)] }))
    expect(partitionsOf(await other)).toEqual([at(0)])
    expect(partitionsOf(await replacing)).toEqual([])
    expect(clock.pending).toBe(2)
  })

  it('rebalances for a replacement with another subscription', async () => {
    const { group, request } = setUp()
    await group.join(request('one', { instanceId: 'x' }))
    const answer = await group.join(request('two', { instanceId: 'x', topics: ['a', 'b'] }))
    expect(generationOf(answer)).toBe(2)
    expect(partitionsOf(answer)).toEqual([at(0), at(1), at(0, 'b'), at(1, 'b')])
  })

  it('hands out what a member was to give up, and did not live to, when its replacement comes', async () => {
    const { group, request } = setUp()
    await group.join(request('one', { instanceId: 'x' }))
    const joining = group.join(request('new'))
    const owned = [at(0), at(1)]
    expect(partitionsOf(await group.join(request('one', { instanceId: 'x', generation: 1, owned })))).toEqual([at(0)])
    expect(partitionsOf(await joining)).toEqual([])
    // Killed before it has rejoined without partition 1. Nobody would ever say that it is free.
    const replacing = group.join(request('two', { instanceId: 'x' }))
    expect(group.heartbeat({ memberId: 'new', instanceId: null, generation: 2 })).toBe('rebalance')
    expect(partitionsOf(await group.join(request('new', { generation: 2 })))).toEqual([at(1)])
    expect(partitionsOf(await replacing)).toEqual([at(0)])
  })

  it('expires a member that is not heard of for a session, and no other', async () => {
    const { group, request, clock } = setUp()
    await group.join(request('silent'))
    const joining = group.join(request('beats'))
    await group.join(request('silent', { generation: 1, owned: [at(0), at(1)] }))
    await joining
    await clock.advance(SESSION - 1)
    expect(group.heartbeat({ memberId: 'beats', instanceId: null, generation: 2 })).toBe('ok')
    expect(group.members).toHaveLength(2)
    await clock.advance(1)
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['beats'])
    expect(group.heartbeat({ memberId: 'silent', instanceId: null, generation: 2 })).toBe('unknown')
    expect(group.heartbeat({ memberId: 'beats', instanceId: null, generation: 2 })).toBe('rebalance')
  })

  it('does not count an outage against the sessions', async () => {
    const { group, request, clock, outage } = setUp()
    await group.join(request('one'))
    outage(true)
    await clock.advance(10 * SESSION)
    outage(false)
    await clock.advance(SESSION - 1)
    expect(group.heartbeat({ memberId: 'one', instanceId: null, generation: 1 })).toBe('ok')
  })

  it('goes on without dynamic members after the rebalance timeout, and keeps the place of static ones', async () => {
    const { group, request, clock } = setUp()
    const patient = { sessionTimeout: 60_000 }
    await group.join(request('static', { instanceId: 'x', ...patient }))
    const second = group.join(request('dynamic', patient))
    await group.join(request('static', { instanceId: 'x', ...patient, generation: 1, owned: [at(0), at(1)] }))
    await second
    const third = group.join(request('third', patient))
    await clock.advance(20_000)
    expect(partitionsOf(await third)).toEqual([at(1)])
    expect(group.members.map(({ memberId }) => memberId)).toEqual(['static', 'third'])
    expect(group.heartbeat({ memberId: 'static', instanceId: 'x', generation: 2 })).toBe('stale')
    expect(group.heartbeat({ memberId: 'dynamic', instanceId: null, generation: 2 })).toBe('unknown')
  })

  it('stores no commit of an older generation, of a stranger or of one that has left', async () => {
    const { group, request } = setUp()
    await group.join(request('one'))
    await group.join(request('one', { generation: 1 }))
    const commit = (memberId: string, generation: number, offset: number) =>
      group.commit({ memberId, instanceId: null, generation }, [{ ...at(0), offset }])
    expect(commit('one', 2, 7)).toBe('stored')
    expect(commit('one', 1, 3)).toBe('stale')
    expect(commit('stranger', 2, 3)).toBe('unknown')
    group.leave({ memberId: 'one', instanceId: null })
    expect(commit('one', 2, 3)).toBe('unknown')
    expect(group.committed(at(0))).toBe(7)
  })

  it('takes commits of the generation before while members gather for the next', async () => {
    const { group, request } = setUp()
    await group.join(request('one'))
    const joining = group.join(request('two'))
    const one = { memberId: 'one', instanceId: null, generation: 1 }
    expect(group.heartbeat(one)).toBe('rebalance')
    expect(group.commit(one, [{ ...at(0), offset: 7 }])).toBe('stored')
    await group.join(request('one', { generation: 1 }))
    await joining
    expect(group.commit(one, [{ ...at(0), offset: 3 }])).toBe('stale')
  })

  it('lets an admin take out a static member by its instance id', async () => {
    const { group, request } = setUp()
    await group.join(request('one', { instanceId: 'x' }))
    group.leave({ memberId: '', instanceId: 'x' })
    expect(group.members).toEqual([])
  })

  it('tells a partition that was added from one that was there when the group first met the topic', async () => {
    const { group, request, sizes } = setUp()
    await group.join(request('one'))
    sizes.set('a', 3)
    await group.join(request('one', { generation: 1 }))
    expect([at(0), at(2)].map(of => group.startingPoint(of).kind)).toEqual(['new', 'grown'])
  })
})
