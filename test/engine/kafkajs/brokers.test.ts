import { expect, onTestFinished, test, vi } from 'vitest'
import { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { FakeBroker } from './fake-broker.ts'

/** In the order in which they are tried. Each attempt takes as long as it takes until a silence is told. */
function tried(...addresses: string[]) {
  const ranks = vi.spyOn(Math, 'random')
  onTestFinished(() => ranks.mockRestore())
  for (const index of addresses.keys()) ranks.mockReturnValueOnce(index / 10)
  const bus = createBus()
  const told: string[] = []
  bus.on('broker.unreachable', ({ broker }) => told.push(broker))
  const brokers = new Brokers({
    brokers: addresses,
    clientId: 'test',
    tls: null,
    sasl: null,
    socketTimeout: 3_200,
    bus,
    clock: systemClock,
  })
  onTestFinished(() => brokers.close())
  return { brokers, told }
}

test('a broker that says nothing is no outage as long as another one answers', async () => {
  await using mute = await FakeBroker.open()
  await using live = await FakeBroker.open()
  mute.speaksVersions = false
  const { brokers, told } = tried(mute.address, live.address)
  expect((await brokers.any()).address).toBe(live.address)
  expect(mute.sockets).toHaveLength(1)
  expect(told).toEqual([])
})

test('when none of them says anything that is told once, with the last one', async () => {
  await using mute = await FakeBroker.open()
  await using other = await FakeBroker.open()
  for (const broker of [mute, other]) broker.speaksVersions = false
  const { brokers, told } = tried(mute.address, other.address)
  await expect(brokers.any()).rejects.toThrow()
  expect(told).toEqual([other.address])
})
