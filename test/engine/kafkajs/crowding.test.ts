import { beforeEach, expect, it } from 'vitest'
import { Crowding } from '../../../src/engine/kafkajs/crowding.ts'
import { createBus } from '../../../src/events/bus.ts'

let told: unknown[]
let crowding: Crowding

beforeEach(() => {
  told = []
  const bus = createBus()
  bus.on('group.crowded', event => told.push(event))
  crowding = new Crowding(bus, 'welcome')
})

it('is told once, however often the group rebalances, and again only when more are idle', () => {
  for (const members of [1, 3]) crowding.see(members, 3)
  expect(told).toEqual([])
  for (const members of [5, 5, 4, 3, 5]) crowding.see(members, 3)
  expect(told).toEqual([{ groupId: 'welcome', members: 5, partitions: 3 }])
  crowding.see(6, 3)
  expect(told).toHaveLength(2)
})

it('is nothing while there are no topics', () => {
  crowding.see(2, 0)
  expect(told).toEqual([])
  crowding.see(2, 1)
  expect(told).toHaveLength(1)
})
