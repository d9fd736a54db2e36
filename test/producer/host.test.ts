import { afterEach, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { createBus } from '../../src/events/bus.ts'
import { Host } from '../../src/producer/host.ts'
import { surroundings } from '../../src/producer/surroundings.ts'

afterEach(() => {
  delete surroundings().worker
})

function open(): Host {
  const host = new Host(createBus())
  host.open({ isLoading: false })
  return host
}

test('producers of its process have its options when it has them, and its bus', async () => {
  const host = open()
  const { config, bus } = surroundings().worker!
  const known = loadConfig().config
  host.configure(known)
  expect([await config, bus]).toEqual([known, host.bus])
})

test('when it leaves, who waits for its options waits no longer, and it is forgotten', async () => {
  const host = open()
  const { config } = surroundings().worker!
  host.leave()
  expect(await config).toBeUndefined()
  expect(surroundings().worker).toBeUndefined()
})

test('one that has come after it stays', async () => {
  const first = open()
  const waiting = surroundings().worker!.config
  const second = open()
  first.leave()
  expect(await waiting).toBeUndefined()
  expect(surroundings().worker).toBe(second)
})
