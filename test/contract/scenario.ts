// Runs one sentence of the contract: a world of its own, closed afterwards, in which nothing may have happened that the port forbids.

import { expect, it } from 'vitest'
import type { Harness } from './harness.ts'
import { World } from './world.ts'

export type Scenario = (sentence: string, body: (world: World) => Promise<void>) => void

/** Generous: what takes long on a real broker is a session that must expire. */
const TIMEOUT = 90_000

export const scenarioIn =
  (open: () => Promise<Harness>): Scenario =>
  (sentence, body) => {
    it(sentence, { timeout: TIMEOUT }, async () => {
      const world = new World(await open())
      try {
        await body(world)
      } finally {
        await world.close()
      }
      expect(world.violations()).toEqual([])
    })
  }
