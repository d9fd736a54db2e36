import { describe, expect, it } from 'vitest'
import type { Events, InHand } from '../../src/events/events.ts'
import { decide, nextWake } from '../../src/supervisor/decide.ts'
import type { Policy } from '../../src/supervisor/state.ts'
import { Steps } from './steps.ts'

const H = 3000
const inHand: readonly InHand[] = [{ topic: 't', partition: 4, offset: 17, lastOffset: 17, forMs: 5 }]

/** Looks as often as is asked for, and notes what is announced. */
class Watching extends Steps {
  readonly told: { name: string; data: unknown }[] = []

  constructor(changes: Partial<Policy> = {}) {
    super({ hangTimeoutMs: H, ...changes })
  }

  override take(...[event]: Parameters<Steps['take']>) {
    const { state, actions } = decide(this.state, event, this.now)
    this.state = state
    for (const action of actions) if (action.do === 'announce') this.told.push(action.event)
    return actions.filter(action => action.do !== 'announce')
  }

  static up(count: number, changes: Partial<Policy> = {}): Watching {
    const steps = new Watching(changes)
    steps.take({ type: 'sized', consumer: 'Welcome', workers: count })
    for (let slot = 0; slot < count; slot++) steps.comeUp(slot)
    return steps
  }

  alive(slot: number, busy: readonly InHand[] = []): void {
    this.take({ type: 'alive', slot, run: this.run(slot), inHand: busy, more: 0, memoryBytes: 2 ** 20 })
  }

  /** Time passes and this process is awake; `beating` workers answer every half second. */
  pass(ms: number, beating: readonly number[] = []) {
    const end = this.now + ms
    const done = []
    let nextBeat = this.now + 500
    for (;;) {
      const wake = nextWake(this.state) ?? Number.POSITIVE_INFINITY
      const at = Math.min(wake, nextBeat)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (at === nextBeat) {
        for (const slot of beating) this.alive(slot)
        nextBeat += 500
      } else done.push(...this.take({ type: 'tick' }))
    }
    this.now = end
    return done
  }

  ofEvent<N extends 'slot.hung' | 'slot.exited'>(name: N): Events[N][] {
    return this.told.filter(event => event.name === name).map(({ data }) => data as Events[N])
  }
}

describe('a worker that is silent', () => {
  it('for longer than hang_timeout is hung, killed, and replaced when its exit was seen; the others are left alone', () => {
    const steps = Watching.up(2)
    steps.alive(1, inHand)
    expect(steps.pass(H - 1, [0])).toEqual([])
    expect(steps.pass(1, [0])).toEqual([])
    expect(steps.states()).toEqual(['up', 'hung'])
    expect(steps.pass(100, [0])).toEqual([
      { do: 'kill', slot: 1, run: 2, why: 'its event loop did not turn within hang_timeout' },
    ])
    expect(steps.states()).toEqual(['up', 'killed'])
    expect(steps.ofEvent('slot.hung')).toEqual([
      { slot: 'Welcome/1', pid: 1002, limitMs: H, last: { agoMs: H + 100, inHand, more: 0, memoryBytes: 2 ** 20 } },
    ])
    expect(steps.pass(10 * H, [0]), 'killed twice').toEqual([])
    expect(steps.exit(1, null, 'SIGKILL')).toEqual([
      expect.objectContaining({ do: 'suspicion', slot: 0 }),
      { do: 'fork', slot: 1, run: 3, restarts: 1, code: 'own', beside: false },
    ])
    expect(steps.ofEvent('slot.exited')).toEqual([
      expect.objectContaining({
        why: 'did not answer within hang_timeout (3 s) and was killed',
        last: expect.objectContaining({ inHand }),
      }),
    ])
  })

  it('is up again when its word comes before it is killed', () => {
    const steps = Watching.up(1)
    steps.pass(H)
    expect(steps.states()).toEqual(['hung'])
    steps.alive(0)
    expect(steps.state.slots[0]).toMatchObject({ state: 'up', since: 0 })
    expect(steps.pass(H - 1)).toEqual([])
    expect(steps.ofEvent('slot.hung')).toEqual([])
  })

  it('while it starts is the boot limit’s business', () => {
    const steps = new Watching()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    expect(steps.pass(59_999)).toEqual([])
    expect(steps.pass(1)).toEqual([
      expect.objectContaining({ do: 'kill', why: expect.stringContaining('boot_timeout') }),
    ])
  })

  it('while it stops is the deadline’s business, also when it was hung by then', () => {
    for (const silence of [0, H]) {
      const steps = Watching.up(1)
      steps.pass(silence)
      expect(steps.stop()).toEqual([expect.objectContaining({ do: 'stop', slot: 0 })])
      expect(steps.pass(24_999)).toEqual([])
      expect(steps.pass(1)).toEqual([
        expect.objectContaining({ do: 'kill', why: 'it had not stopped at the deadline' }),
      ])
    }
  })

  it('is left alone with hang_timeout 0, and nobody wakes for it', () => {
    const steps = Watching.up(1, { hangTimeoutMs: 0 })
    expect(nextWake(steps.state)).toBeNull()
    expect(steps.tickAt(1e9)).toEqual([])
    expect(steps.states()).toEqual(['up'])
  })

  it('again and again reaches crash_limit, though each time it was up and silent for as long as the window', () => {
    const steps = Watching.up(1, { hangTimeoutMs: 60_000, crashLimit: 3, backoffMaxMs: 0 })
    for (const crash of [1, 2, 3]) {
      steps.pass(5000, [0])
      steps.pass(60_100)
      expect(steps.states()).toEqual(['killed'])
      const actions = steps.exit(0, null, 'SIGKILL')
      if (crash === 3) expect(actions).toContainEqual(expect.objectContaining({ do: 'finish', code: 1 }))
      else steps.comeUp(0)
    }
  })

  it('after a healthy while is replaced at once, whatever was before', () => {
    const steps = Watching.up(1)
    steps.exit(0, 1)
    steps.comeUp(0)
    steps.pass(60_000, [0])
    steps.pass(H + 100)
    expect(steps.exit(0, null, 'SIGKILL')).toEqual([expect.objectContaining({ do: 'fork' })])
    expect(steps.state.slots[0]!.crashes.count).toBe(1)
  })

  it('and killed when a stop comes makes that stop no worse', () => {
    const steps = Watching.up(1)
    steps.pass(H + 100)
    expect(steps.stop()).toEqual([])
    expect(steps.exit(0, null, 'SIGKILL')).toContainEqual(expect.objectContaining({ do: 'finish', code: 0 }))
  })
})

describe('a primary that was stopped itself', () => {
  it.each([2 * 750 + 1, H, 60_000, 3_600_000])(
    'for %i ms ends nobody when it wakes: each has the whole limit again',
    ms => {
      const steps = Watching.up(2)
      steps.pass(1400)
      steps.now += ms
      expect(steps.take({ type: 'tick' })).toEqual([])
      expect(steps.states()).toEqual(['up', 'up'])
      expect(steps.pass(H - 1)).toEqual([])
      expect(steps.states()).toEqual(['up', 'up'])
      steps.pass(101)
      expect(steps.states(), 'but the limit holds again').toEqual(['killed', 'killed'])
    },
  )

  it.each([0, H])('takes no time from a worker that starts, whatever hang_timeout is (%i)', hangTimeoutMs => {
    const steps = new Watching({ hangTimeoutMs, bootTimeoutMs: 5000 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    steps.pass(4000)
    const looked = steps.state.lookedAt
    steps.now += 60_000
    expect(steps.take({ type: 'tick' })).toEqual([])
    expect(steps.pass(5000 - looked - 1)).toEqual([])
    expect(steps.pass(1)).toEqual([expect.objectContaining({ do: 'kill' })])
  })

  it('takes nobody for hung any more that it found hung before', () => {
    const steps = Watching.up(1)
    steps.pass(H)
    expect(steps.states()).toEqual(['hung'])
    steps.now += 60_000
    expect(steps.take({ type: 'tick' })).toEqual([])
    expect(steps.states()).toEqual(['up'])
  })

  it('says of a worker how long it was really silent', () => {
    const steps = Watching.up(1)
    steps.now += 60_000
    steps.take({ type: 'tick' })
    steps.pass(H + 100)
    expect(steps.ofEvent('slot.hung')[0]!.last.agoMs).toBe(63_100)
  })
})

describe('what a worker had in hand', () => {
  it.each([
    ['SIGKILL', null, 'was ended by SIGKILL from outside, perhaps for want of memory'],
    ['SIGABRT', null, 'was ended by SIGABRT: its heap was full, or something called abort()'],
    ['SIGSEGV', null, 'was ended by SIGSEGV'],
    [null, 134, 'was ended by SIGABRT: its heap was full, or something called abort()'],
    [null, 137, 'was ended by SIGKILL from outside, perhaps for want of memory'],
    [null, 7, 'exited with code 7'],
  ])('is told with its exit by %s (%s)', (signal, code, why) => {
    const steps = Watching.up(1)
    steps.alive(0, inHand)
    steps.now += 40
    steps.exit(0, code, signal)
    expect(steps.ofEvent('slot.exited')).toEqual([
      { slot: 'Welcome/0', pid: 1001, code, signal, why, last: { agoMs: 40, inHand, more: 0, memoryBytes: 2 ** 20 } },
    ])
  })

  it('is told of a worker that is killed at the deadline of a stop as well', () => {
    const steps = Watching.up(1)
    steps.stop()
    steps.alive(0, inHand)
    steps.pass(25_000)
    steps.exit(0, null, 'SIGKILL')
    expect(steps.ofEvent('slot.exited')[0]?.last?.inHand).toEqual(inHand)
  })

  it('is not told where that is nothing', () => {
    const steps = Watching.up(2)
    steps.alive(0, inHand)
    steps.alive(0)
    steps.exit(0, 1)
    steps.exit(1, null, 'SIGKILL')
    expect(steps.ofEvent('slot.exited').map(({ last }) => last)).toEqual([undefined, undefined])
  })
})
