// Nothing that a handler throws, rejects with or returns breaks the runner: it is told of, tried again, given up, and the next is handled.

import { describe, expect, test } from 'vitest'
import { messageOf } from '../../src/observe/line.ts'
import { thrown } from '../support/thrown.ts'
import { type Hooks, p, Rig } from './rig.ts'

const ways: readonly [string, (make: () => unknown) => NonNullable<Hooks['process']>][] = [
  [
    'thrown',
    make => () => {
      throw make()
    },
  ],
  ['rejected', make => async () => Promise.reject(make())],
  [
    'of a thenable',
    make => () => ({
      // biome-ignore lint/suspicious/noThenProperty: the worst that somebody may return.
      then(_: unknown, reject: (error: unknown) => void) {
        reject(make())
        throw make()
      },
    }),
  ],
  [
    'of a getter',
    make => () =>
      Object.defineProperty({}, 'then', {
        get() {
          throw make()
        },
      }),
  ],
]

describe.each(ways)('%s', (_, failingWith) => {
  test.each(thrown)('%s', async (_, make) => {
    const seen: string[] = []
    const fail = failingWith(make)
    const rig = await Rig.started(
      {
        process(message, context) {
          seen.push(message.value!)
          return message.value === 'bad' ? fail.call(this, message, context) : undefined
        },
      },
      {
        config: { retryTimes: 1, retryThen: 'dead-letter', pauseTimeout: 1 },
        retry: { fatal: [SyntaxError, 'Nothing'] },
      },
    )
    rig.engine.append(p(0), ['bad', 'good'])
    await rig.clock.advance(5000)
    expect(seen).toEqual(['bad', 'bad', 'good'])
    expect(rig.engine.committed(p(0))).toBe(2)
    expect(rig.engine.produced).toHaveLength(1)
    for (const data of rig.of('message.failed')) {
      expect(structuredClone(data)).toEqual(data)
      expect(messageOf('message.failed', data).length).toBeLessThan(40_000)
    }
    expect(rig.errors).toHaveLength(2)
    expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  })
})
