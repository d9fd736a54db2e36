// The table of faults that chance draws from, one entry a fault. What it is done to is in place.ts, when it is done in storm.ts.

import { setTimeout as wait } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { Place, Subject } from './place.ts'

/**
 * What was in hand, or was handled since the last commit, may be handled again by others: what the one worker had that it is done to,
 * or what anybody had who could not reach Kafka.
 */
export type Cost = 'nothing' | 'its place' | 'places'

export interface Fault {
  readonly name: string
  readonly weight: number
  /** Only one fault at a time is done to it. */
  readonly to: Subject
  readonly mayCost: Cost
  /** Resolves when it is over, with what is to be told of it; undefined where there was nothing to do. `pid`: the worker, for faults to one. */
  inject(place: Place, chance: Chance, pid: number): Promise<string | undefined>
}

const SECOND = 1000

const stopped = (place: Place, pid: number, ms: number) =>
  place.frozen(pid, ms).then(() => `${pid} for ${Math.round(ms)} ms`)

async function burst(place: Place, count: number, order: object): Promise<string> {
  const sent = await place.scenario.send(Array(count).fill(order)).catch(() => [])
  return `${sent.length} messages`
}

async function network(place: Place, from: (proxy: Place['proxy']) => void, ms: number): Promise<string> {
  from(place.proxy)
  await wait(ms)
  await place.proxy.heal()
  return `${Math.round(ms)} ms`
}

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 of a worker',
    weight: 6,
    to: 'a worker',
    mayCost: 'its place',
    inject: async (place, _, pid) => place.killed(pid),
  },
  {
    name: 'a worker stopped for less than its session',
    weight: 3,
    to: 'a worker',
    mayCost: 'nothing',
    inject: (place, chance, pid) => stopped(place, pid, chance.between(0.3, 2) * SECOND),
  },
  {
    name: 'a worker stopped beyond its session',
    weight: 2,
    to: 'a worker',
    mayCost: 'its place',
    inject: (place, chance, pid) => stopped(place, pid, chance.between(7, 10) * SECOND),
  },
  {
    name: 'SIGTERM to one worker',
    weight: 3,
    to: 'a worker',
    mayCost: 'nothing',
    inject: async (place, _, pid) => place.signalled(pid, 'SIGTERM'),
  },
  {
    name: 'a racecar stopped and started',
    weight: 1,
    to: 'home',
    mayCost: 'nothing',
    async inject(place) {
      await place.stop('home')
      return place.start('home')
    },
  },
  {
    name: 'a restart of all workers',
    weight: 3,
    to: 'home',
    mayCost: 'nothing',
    inject: place => place.restarted('home'),
  },
  {
    name: 'one worker more or fewer',
    weight: 3,
    to: 'home',
    mayCost: 'nothing',
    inject: (place, chance) => place.scaled('home', chance),
  },
  {
    name: 'quiet for a while',
    weight: 1,
    to: 'home',
    mayCost: 'nothing',
    inject: (place, chance) => place.quieted('home', chance.between(0.3, 3) * SECOND),
  },
  {
    name: 'a second racecar that comes or goes',
    weight: 3,
    to: 'guest',
    mayCost: 'nothing',
    inject: place => (place.racecar('guest') ? place.stop('guest') : Promise.resolve(place.start('guest'))),
  },
  {
    name: 'kill -9 of a primary',
    weight: 2,
    to: 'home',
    mayCost: 'nothing',
    inject: place => place.orphaned('home'),
  },
  {
    name: 'a broker restarted',
    weight: 1,
    to: 'the broker',
    mayCost: 'places',
    async inject({ broker }, chance) {
      const ms = chance.between(0, 4) * SECOND
      await broker.stop()
      await wait(ms)
      await broker.start()
      return `down for ${Math.round(ms)} ms`
    },
  },
  {
    name: 'a broker stopped and woken',
    weight: 2,
    to: 'the broker',
    mayCost: 'places',
    async inject({ broker }, chance) {
      const ms = chance.between(0.5, 9) * SECOND
      broker.pause()
      await wait(ms)
      broker.resume()
      return `${Math.round(ms)} ms`
    },
  },
  {
    name: 'partitions added',
    weight: 1,
    to: 'the broker',
    mayCost: 'nothing',
    inject: place => place.grow(),
  },
  {
    name: 'connections cut',
    weight: 3,
    to: 'the network',
    mayCost: 'nothing',
    async inject({ proxy }, chance) {
      const how = chance.pick(['rst', 'fin'] as const)
      const times = Math.ceil(chance.next() * 4)
      for (let i = 0; i < times; i++) {
        proxy.cut(how)
        await wait(chance.between(0, SECOND))
      }
      return `${times} × ${how}`
    },
  },
  {
    name: 'connections delayed',
    weight: 2,
    to: 'the network',
    mayCost: 'nothing',
    inject: (place, chance) =>
      network(place, proxy => proxy.delay(chance.between(20, 400)), chance.between(1, 6) * SECOND),
  },
  {
    name: 'connections in a black hole',
    weight: 2,
    to: 'the network',
    mayCost: 'places',
    inject: (place, chance) => network(place, proxy => proxy.blackHole(), chance.between(1, 9) * SECOND),
  },
  {
    name: 'a burst',
    weight: 3,
    to: 'the load',
    mayCost: 'nothing',
    inject: (place, chance) => burst(place, Math.round(chance.between(100, 1500)), {}),
  },
  {
    name: 'slow handlers',
    weight: 2,
    to: 'the load',
    mayCost: 'nothing',
    inject: (place, chance) => burst(place, 8, { ms: Math.round(chance.between(200, 1500)) }),
  },
  {
    name: 'throwing handlers',
    weight: 3,
    to: 'the load',
    mayCost: 'nothing',
    inject: (place, chance) => burst(place, 8, { do: 'throw', times: Math.ceil(chance.next() * 3) }),
  },
]
