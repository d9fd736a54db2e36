// The table of kills that chance draws from, one entry a kind: who is killed, and what is done at the same moment. How often and when
// is the storm's matter, in kills.ts.

import { where } from '../ledger.ts'
import { leaderOf } from '../membership.ts'
import type { RacecarProcess } from '../racecar-process.ts'
import type { Scenario } from '../scenario.ts'
import type { Chance } from './chance.ts'

export interface Scene {
  readonly scenario: Scenario
  readonly racecar: RacecarProcess
  /** Topics that the consumer waits for, and that nobody has made yet. */
  readonly later: string[]
  /** Partitions that were just added: `topic/partition`. */
  added: readonly string[]
}

export interface Kind {
  readonly name: string
  /** Asked again until there is one. */
  victim(scene: Scene, chance: Chance): number | undefined
  /** Done at the moment of the kill. */
  meanwhile?(scene: Scene): Promise<void>
}

const MOST_PARTITIONS = 18

const hasBegun = ({ scenario }: Scene, pid: number | undefined) =>
  scenario.ledger.handlings.some(one => one.pid === pid) ? pid : undefined

const leader = (scene: Scene) => hasBegun(scene, leaderOf(scene.racecar))

/** Drawn by their weights. */
export const kinds: readonly (Kind & { readonly weight: number })[] = [
  {
    // What it has begun is mostly not committed yet.
    name: 'the newest, as soon as it has begun',
    weight: 5,
    victim: scene => {
      const living = scene.racecar.workers()
      return hasBegun(
        scene,
        scene.racecar.forks().findLast(pid => living.includes(pid)),
      )
    },
  },
  { name: 'any', weight: 3, victim: (scene, chance) => hasBegun(scene, chance.pick(scene.racecar.workers())) },
  { name: 'the group’s leader', weight: 2, victim: leader },
]

/** In turn. */
export const whileSomethingIsAdded: readonly Kind[] = [
  {
    name: 'the leader, while a partition is added',
    victim: leader,
    async meanwhile(scene) {
      const { scenario } = scene
      const { topic, partitions } = scenario
      if (partitions >= MOST_PARTITIONS) return
      await scenario.grow(partitions + 1)
      scene.added = [where({ topic, partition: partitions })]
      await scenario.send(Array(20).fill({ ms: 5 }), { partition: partitions })
    },
  },
  {
    name: 'the leader, while a topic is made',
    victim: leader,
    async meanwhile(scene) {
      const topic = scene.later.pop()
      if (!topic) return
      await scene.scenario.add(topic, 2)
      scene.added = [0, 1].map(partition => where({ topic, partition }))
      await scene.scenario.send(Array(40).fill({ ms: 5 }), { topic })
    },
  },
]

/** The next one after each of those. */
export const firstOwner: Kind = {
  name: 'who was given what was added, before its first commit there',
  victim({ racecar, added }) {
    const living = racecar.workers()
    const given = racecar.all('partitions.assigned', ({ pid }) => living.includes(pid))
    return given.find(({ partitions }) =>
      (partitions as { topic: string; partition: number }[]).map(where).some(one => added.includes(one)),
    )?.pid
  },
}
