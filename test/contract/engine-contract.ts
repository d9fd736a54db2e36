// The contract of the engine port, which every engine passes. Each sentence can fail: it was seen to, with the engine in memory
// broken on purpose.

import { describe } from 'vitest'
import { commits } from './commits.ts'
import { group } from './group.ts'
import type { Harness } from './harness.ts'
import { lifecycle } from './lifecycle.ts'
import { outOfRange } from './out-of-range.ts'
import { produce } from './produce.ts'
import { records } from './records.ts'
import { scenarioIn } from './scenario.ts'
import { sessions } from './sessions.ts'
import { topics } from './topics.ts'

export type { Harness } from './harness.ts'

export function engineContract(name: string, open: () => Promise<Harness>): void {
  const scenario = scenarioIn(open)
  describe(`the engine contract: ${name}`, () => {
    describe('records', () => records(scenario))
    describe('offsets that the log does not hold', () => outOfRange(scenario))
    describe('topics', () => topics(scenario))
    describe('commits', () => commits(scenario))
    describe('the group', () => group(scenario))
    describe('sessions and static members', () => sessions(scenario))
    describe('produce', () => produce(scenario))
    describe('stop', () => lifecycle(scenario))
  })
}
