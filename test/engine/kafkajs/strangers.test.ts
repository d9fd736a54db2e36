import { beforeEach, describe, expect, test } from 'vitest'
import type { Coordinator } from '../../../src/engine/kafkajs/coordinator.ts'
import { encodeSubscription } from '../../../src/engine/kafkajs/protocol.ts'
import { Strangers } from '../../../src/engine/kafkajs/strangers.ts'
import { createBus } from '../../../src/events/bus.ts'

const member = (memberId: string, ...topics: string[]) => ({ memberId, topics })

let told: unknown[]
let described: { memberId: string; memberMetadata: Buffer }[] | Error
let strangers: Strangers

beforeEach(() => {
  ;[told, described] = [[], []]
  const bus = createBus()
  bus.on('group.shared', event => told.push(event))
  const coordinator = {
    async describe() {
      if (described instanceof Error) throw described
      return { groups: [{ members: described }] }
    },
  } as unknown as Coordinator
  strangers = new Strangers({ coordinator, groupId: 'g', topics: ['a', 'b'], bus })
})

describe('members of the group', () => {
  test('that have a topic of ours, or none at all, are no strangers', () => {
    strangers.see([member('ours', 'a', 'b'), member('older', 'a'), member('newer', 'b', 'c'), member('idle')])
    expect(told).toEqual([])
  })

  test('that have only other topics are told of once, and again when they have others', () => {
    for (let join = 0; join < 3; join++) strangers.see([member('ours', 'a'), member('x', 'd', 'c'), member('y', 'c')])
    strangers.see([member('ours', 'a'), member('x', 'e')])
    expect(told).toEqual([
      { groupId: 'g', members: ['x', 'y'], topics: ['c', 'd'] },
      { groupId: 'g', members: ['x'], topics: ['e'] },
    ])
  })
})

describe('where the leader is of another make', () => {
  const ours = (memberId: string) => {
    const subscription = { topics: ['a'], owned: [], generation: 1, nonce: 1 }
    return { memberId, memberMetadata: encodeSubscription(subscription, 0) }
  }
  const theirs = (memberId: string, topic: string) => {
    const head = Buffer.from([0, 0, 0, 0, 0, 1, 0, topic.length])
    return { memberId, memberMetadata: Buffer.concat([head, Buffer.from(topic), Buffer.from([255, 255, 255, 255])]) }
  }

  test('one of ours asks the coordinator, and tells for all', async () => {
    described = [theirs('1-java', 'a'), theirs('2-java', 'z'), ours('4'), ours('3')]
    await strangers.ask('4')
    expect(told).toEqual([])
    await strangers.ask('3')
    expect(told).toEqual([{ groupId: 'g', members: ['2-java'], topics: ['z'] }])
  })

  test('nothing comes of it that nobody says, or that nobody can read', async () => {
    described = new Error('not allowed')
    await strangers.ask('3')
    described = [{ memberId: '1', memberMetadata: Buffer.alloc(0) }, ours('3')]
    await strangers.ask('3')
    expect(told).toEqual([])
  })
})
