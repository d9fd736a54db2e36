import { describe, expect, it } from 'vitest'
import { nextWake } from '../../src/supervisor/decide.ts'
import type { Action } from '../../src/supervisor/moves.ts'
import { Steps } from './steps.ts'

const reason = 'restart, asked for by SIGUSR2'

const restart = (steps: Steps) => steps.take({ type: 'restart', by: 'SIGUSR2' })

/** The process beside that of the slot describes, is configured, comes up. Answers with what followed. */
function readies(steps: Steps, slot: number, run: number): Action[] {
  expect(steps.take({ type: 'described', slot, run })).toEqual([{ do: 'configure', slot, run, join: false }])
  return steps.take({ type: 'up', slot, run, pid: 1000 + run })
}

const joins = (steps: Steps, slot: number, run: number): Action[] => [
  ...steps.take({ type: 'joining', slot, run }),
  ...steps.take({ type: 'joined', slot, run }),
]

const announced = (actions: readonly Action[]) =>
  actions.flatMap(action => (action.do === 'announce' ? [action.event.name] : []))

const beside = (slot: number, run: number) => ({ do: 'fork', slot, run, restarts: 1, code: 'new', beside: true })

describe('a restart', () => {
  it('boots a replacement beside each worker in turn, stops the old one when that is up, and goes on when it is a member', () => {
    const steps = Steps.withWorkers(2)
    expect(restart(steps)).toEqual([beside(0, 3)])
    expect(readies(steps, 0, 3)).toEqual([{ do: 'stop', slot: 0, run: 1, withinMs: 24_000, leave: false, reason }])
    expect(steps.exit(0, 0)).toEqual([{ do: 'join', slot: 0, run: 3 }])
    expect(steps.states()).toEqual(['up', 'up'])
    expect(steps.state.slots[0]).toMatchObject({ run: 3, pid: 1003, forks: 2, lastReason: `was replaced: ${reason}` })
    expect(joins(steps, 0, 3)).toEqual([beside(1, 4)])
    expect(readies(steps, 1, 4)).toHaveLength(1)
    expect(steps.exit(1, 0)).toEqual([{ do: 'join', slot: 1, run: 4 }])
    expect(joins(steps, 1, 4)).toEqual([{ do: 'adopt' }])
    expect(steps.state).toMatchObject({ restart: null, restarted: { id: 1, replaced: 2, failure: null } })
    expect(steps.state.slots.map(({ crashes }) => crashes.count)).toEqual([0, 0])
  })

  it.each([
    ['says why and exits', 'failed: no database'],
    ['is ended', 'was ended by SIGSEGV'],
  ])('leaves the old worker in place when the new one %s, and does not go on to the others', (how, why) => {
    const steps = Steps.withWorkers(2)
    restart(steps)
    if (how.startsWith('says')) steps.take({ type: 'failed', slot: 0, run: 3, message: 'no database' })
    const exit = { code: how.startsWith('says') ? 1 : null, signal: how.startsWith('says') ? null : 'SIGSEGV' }
    const after = steps.all({ type: 'exited', slot: 0, run: 3, pid: 1003, ...exit })
    expect(announced(after)).toEqual(['slot.exited', 'restart.failed'])
    expect(steps.states()).toEqual(['up', 'up'])
    expect(steps.run(0)).toBe(1)
    expect(steps.state.restarted).toMatchObject({ replaced: 0, failure: `the new process of Welcome/0 ${why}` })
    expect(nextWake(steps.state)).toBeNull()
  })

  it('kills a replacement that is not up within boot_timeout', () => {
    const steps = Steps.withWorkers(1)
    restart(steps)
    // It looks every second: what is more is a sleep of its own, which is held against nobody.
    for (let now = 1000; now < 60_000; now += 1000) expect(steps.tickAt(now)).toEqual([])
    expect(steps.tickAt(60_000)).toEqual([
      { do: 'kill', slot: 0, run: 2, why: 'it was not up within boot_timeout (60 s)' },
    ])
    steps.take({ type: 'exited', slot: 0, run: 2, pid: 1002, code: null, signal: 'SIGKILL' })
    expect(steps.state.restarted?.failure).toContain('it was not up within boot_timeout (60 s)')
    expect(steps.run(0)).toBe(1)
  })

  it('ends what describes a class that does not fit what runs', () => {
    const steps = Steps.withWorkers(1)
    restart(steps)
    const why = 'cannot be used: the group is a by now'
    expect(steps.take({ type: 'unfit', slot: 0, run: 2, why })).toEqual([{ do: 'kill', slot: 0, run: 2, why }])
    steps.take({ type: 'exited', slot: 0, run: 2, pid: 1002, code: null, signal: 'SIGKILL' })
    expect(steps.state.restarted?.failure).toBe(`the new process of Welcome/0 ${why}`)
  })

  it('gives the place of a worker that dies meanwhile to the replacement that boots, and counts its end', () => {
    const steps = Steps.withWorkers(1)
    restart(steps)
    expect(steps.exit(0, null, 'SIGKILL').at(-1)).toEqual({ do: 'join', slot: 0, run: 2 })
    expect(steps.states()).toEqual(['starting'])
    const described = steps.take({ type: 'described', slot: 0, run: 2 })
    expect(described.at(-1)).toEqual({ do: 'configure', slot: 0, run: 2, join: true })
    steps.take({ type: 'up', slot: 0, run: 2, pid: 1002 })
    expect(joins(steps, 0, 2)).toEqual([{ do: 'adopt' }])
    expect(steps.state.slots[0]).toMatchObject({ state: 'up', lastReason: expect.stringContaining('SIGKILL') })
  })

  it('ends when the new worker dies before it is a member: then the code that came up is no good', () => {
    const steps = Steps.withWorkers(2)
    restart(steps)
    readies(steps, 0, 3)
    steps.exit(0, 0)
    expect(steps.exit(0, 1)).toEqual([{ do: 'fork', slot: 0, run: 4, restarts: 2, code: 'own', beside: false }])
    expect(steps.state.restarted?.failure).toContain('exited with code 1')
    expect(steps.run(1)).toBe(2)
  })

  it('tells a replacement which messages to mind, and has what was found guilty of the old code tried again by the new', () => {
    const steps = Steps.withWorkers(1, { maxCrashesPerMessage: 2 })
    const at = { topic: 't', partition: 0, offset: 7 }
    const begins = () => {
      const inHand = [{ ...at, lastOffset: 7, forMs: 0, alone: true } as const]
      steps.take({ type: 'alive', slot: 0, run: steps.run(0), inHand, more: 0, memoryBytes: 0 })
    }
    for (const _ of [1, 2]) {
      begins()
      steps.exit(0, null, 'SIGABRT')
      steps.tickAt(steps.now + 1000)
      steps.comeUp(0)
    }
    restart(steps)
    const run = steps.run(0) + 1
    readies(steps, 0, run)
    expect(steps.exit(0, 0).slice(-2)).toEqual([
      expect.objectContaining({
        do: 'suspicion',
        run,
        suspicion: expect.objectContaining({ convicted: [expect.objectContaining(at)] }),
      }),
      { do: 'join', slot: 0, run },
    ])
    const suspicion = expect.objectContaining({ convicted: [] })
    expect(joins(steps, 0, run).slice(-2)).toEqual([{ do: 'adopt' }, { do: 'suspicion', slot: 0, run, suspicion }])
  })

  it('begins with what was given up or waits to be tried again', () => {
    const steps = Steps.withWorkers(2, { crashLimit: 1, onCrashLoop: 'continue' })
    steps.exit(1, 1)
    expect(steps.states()).toEqual(['up', 'down'])
    expect(restart(steps)).toEqual([{ do: 'fork', slot: 1, run: 3, restarts: 1, code: 'new', beside: false }])
    steps.comeUp(1)
    expect(steps.state.restart?.stage).toMatchObject({ kind: 'booting', slot: 0 })
  })

  it('asks no worker to stop while another one is not up', () => {
    const steps = Steps.withWorkers(2)
    restart(steps)
    steps.exit(1, 1)
    expect(readies(steps, 0, 3)).toEqual([])
    steps.comeUp(1)
    expect(steps.states()).toEqual(['stopping', 'up'])
  })

  it('begins anew when it is asked for while it is under way', () => {
    const steps = Steps.withWorkers(1)
    restart(steps)
    restart(steps)
    readies(steps, 0, 2)
    steps.exit(0, 0)
    expect(joins(steps, 0, 2)).toEqual([{ ...beside(0, 3), restarts: 2 }])
    expect(steps.state.restart).toMatchObject({ id: 2, replaced: 1 })
  })

  it('tells a replacement what is quiet before it may join', () => {
    const steps = Steps.withWorkers(1)
    steps.take({ type: 'quiet', isQuiet: true, by: 'SIGTSTP', consumers: ['Welcome'], partitions: [] })
    restart(steps)
    readies(steps, 0, 2)
    expect(steps.exit(0, 0)).toEqual([
      { do: 'quiet', slot: 0, run: 2, quiet: { all: true, except: [] } },
      { do: 'join', slot: 0, run: 2 },
    ])
  })

  it('is over with a stop: the replacement is told to go, killed at the deadline, and waited for', () => {
    const steps = Steps.withWorkers(1)
    restart(steps)
    readies(steps, 0, 2)
    expect(steps.stop()).toEqual([expect.objectContaining({ do: 'stop', run: 2, leave: true })])
    steps.leave(0)
    expect(nextWake(steps.state)).toBe(25_000)
    expect(steps.tickAt(25_000)).toEqual([expect.objectContaining({ do: 'kill', slot: 0, run: 2 })])
    expect(nextWake(steps.state)).toBe(30_000)
    const end = steps.take({ type: 'exited', slot: 0, run: 2, pid: 1002, code: null, signal: 'SIGKILL' })
    expect(end).toEqual([expect.objectContaining({ do: 'finish', code: 0 })])
  })

  it('is refused where what was read afresh cannot be used, without touching one that is under way', () => {
    const steps = Steps.withWorkers(1)
    const refuse = () => steps.all({ type: 'restart refused', by: 'SIGUSR2', why: 'a.ts:1:1: Expected ";"' })
    expect(announced(refuse())).toEqual(['restart.failed'])
    expect(steps.state.restarted).toMatchObject({ id: 1, failure: 'a.ts:1:1: Expected ";"' })
    restart(steps)
    const before = steps.state.restart
    expect(announced(refuse())).toEqual([])
    expect(steps.state.restart).toEqual(before)
  })
})
