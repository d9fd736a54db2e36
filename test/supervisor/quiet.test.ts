import { describe, expect, it } from 'vitest'
import type { Quiet } from '../../src/messages.ts'
import { changed, LOUD } from '../../src/supervisor/quiet.ts'
import { standingOf } from '../../src/supervisor/status.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { Steps } from './steps.ts'

const ALL = { all: true, except: [] }

const ask = (isQuiet: boolean, partitions: string[] = [], consumers = ['Welcome']) =>
  ({ type: 'quiet', isQuiet, by: 'racecarctl', consumers, partitions }) as const

describe('the last word about a partition holds', () => {
  it.each([
    ['all', [[true, []]], ALL],
    [
      'all, twice',
      [
        [true, []],
        [true, []],
      ],
      ALL,
    ],
    [
      'all and back',
      [
        [true, []],
        [false, []],
      ],
      LOUD,
    ],
    ['some', [[true, ['t/2', 't/1', 't/2']]], { all: false, except: ['t/1', 't/2'] }],
    [
      'some and one of them back',
      [
        [true, ['t/1', 't/2']],
        [false, ['t/1', 't/9']],
      ],
      { all: false, except: ['t/2'] },
    ],
    [
      'all but one',
      [
        [true, []],
        [false, ['t/1']],
      ],
      { all: true, except: ['t/1'] },
    ],
    [
      'all but one, and that as well',
      [
        [true, []],
        [false, ['t/1']],
        [true, ['t/1']],
      ],
      ALL,
    ],
    [
      'some, then all',
      [
        [true, ['t/1']],
        [true, []],
      ],
      ALL,
    ],
    [
      'all but one, then all back',
      [
        [true, []],
        [false, ['t/1']],
        [false, []],
      ],
      LOUD,
    ],
  ] as const)('%s', (_, words, expected) => {
    const after = words.reduce((quiet, [isQuiet, some]) => changed(quiet, isQuiet, some) ?? quiet, LOUD)
    expect(after).toEqual(expected)
  })

  it('what changes nothing is no change', () => {
    expect(changed(LOUD, false, [])).toBeUndefined()
    expect(changed(LOUD, false, ['t/1'])).toBeUndefined()
    expect(changed(ALL, true, ['t/1'])).toBeUndefined()
    expect(changed({ all: false, except: ['t/1', 't/2'] }, true, ['t/2', 't/1'])).toBeUndefined()
  })
})

describe('what is asked to be quiet', () => {
  it('is told to the workers that are configured, those of the consumer alone, and announced once', () => {
    const steps = Steps.withWorkers(3)
    steps.take({ type: 'sized', consumer: 'Other', workers: 1 })
    steps.exit(1, null, 'SIGKILL')
    steps.exit(2, null, 'SIGKILL')
    steps.take({ type: 'described', slot: 2, run: steps.run(2) })
    const told = (quiet: Quiet) => [0, 2].map(slot => ({ do: 'quiet', slot, run: steps.run(slot), quiet }))
    expect(steps.all(ask(true))).toEqual([
      {
        do: 'announce',
        event: { name: 'primary.quiet', data: { by: 'racecarctl', consumers: ['Welcome'], partitions: [] } },
      },
      ...told(ALL),
    ])
    expect(steps.state.quiet).toEqual({ Welcome: ALL })
    expect(steps.all(ask(true))).toEqual([])
    const resume = { do: 'resume', slot: 0, run: steps.run(0), partitions: [] }
    expect(steps.all(ask(false)).slice(1)).toEqual([...told(LOUD), resume])
    expect(steps.state.quiet).toEqual({ Welcome: LOUD })
  })

  it('is told to a worker that is silent as well: it may come to its senses', () => {
    const steps = Steps.withWorkers(1, { hangTimeoutMs: 1000 })
    for (let now = 250; now <= 1000; now += 250) steps.tickAt(now)
    expect(steps.states()).toEqual(['hung'])
    expect(steps.take(ask(true))).toEqual([{ do: 'quiet', slot: 0, run: 1, quiet: ALL }])
    steps.take({ type: 'alive', slot: 0, run: 1, inHand: [], more: 0, memoryBytes: 0 })
    expect(steps.states()).toEqual(['up'])
  })

  it('names in its line those whom it is news for', () => {
    const steps = Steps.withWorkers(1)
    steps.take(ask(true))
    expect(steps.all(ask(true, [], ['Welcome', 'Other']))).toEqual([
      expect.objectContaining({
        event: expect.objectContaining({ data: expect.objectContaining({ consumers: ['Other'] }) }),
      }),
    ])
  })

  it('told to go on although nothing is quiet, as a SIGCONT after a SIGSTOP does, changes nothing but what was given up', () => {
    const steps = Steps.withWorkers(2)
    const before = steps.state
    const resume = (partitions: string[]) => [0, 1].map(slot => ({ do: 'resume', slot, run: slot + 1, partitions }))
    expect(steps.all(ask(false))).toEqual(resume([]))
    expect(steps.all(ask(false, ['t/1']))).toEqual(resume(['t/1']))
    expect(steps.all(ask(false, [], ['Other']))).toEqual([])
    expect(steps.state).toEqual(before)
  })

  it('is told to a replacement before it is configured', () => {
    const steps = Steps.withWorkers(1)
    steps.take(ask(true, ['t/1']))
    steps.exit(0, null, 'SIGKILL')
    expect(steps.take({ type: 'described', slot: 0, run: 2 })).toEqual([
      { do: 'quiet', slot: 0, run: 2, quiet: { all: false, except: ['t/1'] } },
      expect.objectContaining({ do: 'suspicion', slot: 0, run: 2 }),
      { do: 'configure', slot: 0, run: 2, join: true },
    ])
  })

  it('is nothing to a stop, before or under way', () => {
    const steps = Steps.withWorkers(1)
    steps.take(ask(true))
    expect(steps.stop()).toEqual([expect.objectContaining({ do: 'stop', slot: 0 })])
    expect(steps.all(ask(false))).toEqual([])
    expect(steps.leave(0)).toEqual([expect.objectContaining({ do: 'finish', code: 0 })])
  })
})

describe('the standing', () => {
  const standing = (steps: Steps) =>
    standingOf(steps.state, { clock: new FakeClock(), reports: new Map(), pidOf: () => 1 })

  it('is quiet where all consumers are, with all partitions', () => {
    const steps = Steps.withWorkers(1)
    steps.take({ type: 'sized', consumer: 'Other', workers: 1 })
    expect(standing(steps)).toMatchObject({ state: 'running', quiet: [] })
    steps.take(ask(true))
    expect(standing(steps)).toMatchObject({ state: 'running', quiet: [{ consumer: 'Welcome', ...ALL }] })
    steps.take(ask(true, [], ['Other']))
    expect(standing(steps).state).toBe('quiet')
    steps.take(ask(false, ['t/1']))
    expect(standing(steps)).toMatchObject({
      state: 'running',
      quiet: [
        { consumer: 'Welcome', all: true, except: ['t/1'] },
        { consumer: 'Other', ...ALL },
      ],
    })
    steps.take(ask(false, [], ['Welcome', 'Other']))
    expect(standing(steps)).toMatchObject({ state: 'running', quiet: [] })
    steps.take(ask(true, [], ['Welcome', 'Other']))
    steps.stop()
    expect(standing(steps).state).toBe('stopping')
  })
})
