// Random lives of a supervisor against a world that keeps its own account of which processes live. Whatever is decided must be
// right for that account, whatever order things happen in.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Quiet } from '../../src/messages.ts'
import { decide, nextWake } from '../../src/supervisor/decide.ts'
import { nextLook } from '../../src/supervisor/hanging.ts'
import type { Action, Scale, SupervisorEvent } from '../../src/supervisor/moves.ts'
import { LOUD } from '../../src/supervisor/quiet.ts'
import { initially, type Policy, type State, slotName } from '../../src/supervisor/state.ts'
import { policy as ordinary } from './steps.ts'

const policy = { ...ordinary, bootTimeoutMs: 3000, shutdownTimeoutMs: 5000, crashLimit: 3, crashWindowMs: 20_000 }

interface Process {
  readonly slot: number
  readonly run: number
  killed: boolean
  asked: boolean
  /** Asked while the others go on. */
  alone: 'to leave' | 'to be replaced' | undefined
  /** Another process has its slot. */
  beside: boolean
  /** It may be a member. */
  joins: boolean
  configured: boolean
  /** What it was told is quiet. */
  told: Quiet
}

type Happening =
  | { readonly kind: 'exit'; readonly pick: number; readonly code: number | null }
  | { readonly kind: 'describe' | 'up' | 'fail' | 'unfit' | 'stale exit'; readonly pick: number }
  | { readonly kind: 'alive'; readonly pick: number; readonly memoryBytes: number }
  | { readonly kind: 'evicted'; readonly pick: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'size'; readonly consumer: string; readonly workers: number }
  | { readonly kind: 'scale'; readonly consumers: string[]; readonly to: Scale }
  | { readonly kind: 'clear'; readonly consumer: string }
  | { readonly kind: 'restart' | 'restart refused' }
  | { readonly kind: 'stop' | 'interrupt' | 'kill' }
  | { readonly kind: 'quiet'; readonly isQuiet: boolean; readonly consumers: string[]; readonly partitions: string[] }

const pick = fc.nat(7)
const consumer = fc.constantFrom('Mail', 'Pay')
const loop = fc.constantFrom('stop' as const, 'continue' as const)
const hang = fc.constantFrom(0, 2000)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('exit' as const),
      pick,
      code: fc.constantFrom(0, 1, 1, 2, 3, 76, 78, 77, null),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constantFrom('describe' as const, 'up' as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('alive' as const), pick, memoryBytes: fc.constantFrom(0, 0, 2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'stale exit' as const, 'evicted' as const), pick }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 1000, 2500, 6000, 30_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('size' as const), consumer, workers: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'interrupt' as const, 'kill' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), consumer }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('scale' as const),
      consumers: fc.subarray(['Mail', 'Pay'], { minLength: 1 }),
      to: fc.oneof(fc.record({ workers: fc.integer({ min: 1, max: 4 }) }), fc.record({ more: fc.constantFrom(1, -1) })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('restart' as const, 'restart' as const, 'restart' as const, 'restart refused' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unfit' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('quiet' as const),
      isQuiet: fc.boolean(),
      consumers: fc.subarray(['Mail', 'Pay'], { minLength: 1 }),
      partitions: fc.subarray(['t/0', 't/1', 'u/0']),
    }),
  },
)

const PARTITIONS = ['t/0', 't/1', 'u/0', 'any/7']

class World {
  state: State
  now = 0
  readonly clear = new Set<string>()
  readonly givenUp = new Set<number>()
  readonly live: Process[] = []
  readonly evicting = new Set<number>()
  readonly crashes = new Map<number, number[]>()
  readonly wanted = new Map<string, number>()
  stopAskedAt: number | null = null
  finishedAt = 0
  /** By consumer and partition, a partition that nobody has named included. */
  readonly quiet = new Map(['Mail', 'Pay'].flatMap(of => PARTITIONS.map(one => [`${of} ${one}`, false])))
  finished: Extract<Action, { do: 'finish' }>[] = []

  constructor(onCrashLoop: Policy['onCrashLoop'] = 'stop', hangTimeoutMs = 0, maxAgeMs = 0) {
    this.state = initially({ ...policy, onCrashLoop, hangTimeoutMs, maxAgeMs, maxMemoryBytes: maxAgeMs > 0 ? 1 : 0 })
  }

  take(event: SupervisorEvent): void {
    const { state, actions } = decide(this.state, event, this.now)
    this.state = state
    for (const action of actions) this.carryOut(action)
    this.check()
  }

  carryOut(action: Action): void {
    expect(this.finished, 'nothing is done after the end').toEqual([])
    switch (action.do) {
      case 'fork':
        expect(
          this.live.filter(({ slot, beside }) => (action.beside ? beside : slot === action.slot && !beside)),
          'two processes in one slot, or two that wait for one',
        ).toEqual([])
        expect(this.stopAskedAt, 'a fork during a stop').toBeNull()
        if (action.code === 'new' && !action.beside) this.renewed(action.slot)
        expect(this.givenUp.has(action.slot), 'a fork in a slot that was given up').toBe(false)
        this.live.push({
          slot: action.slot,
          run: action.run,
          killed: false,
          asked: false,
          alone: undefined,
          beside: action.beside,
          joins: false,
          configured: false,
          told: LOUD,
        })
        break
      case 'configure':
        expect(this.clear, 'a worker may join beside what is left of an earlier life').toContain(this.of(action.slot))
        expect(this.evicting.has(action.slot), 'a worker may join while its slot is taken out').toBe(false)
        expect(this.find(action).beside, 'whether it may join').toBe(!action.join)
        this.find(action).configured = true
        this.find(action).joins = action.join
        break
      case 'join': {
        const process = this.find(action)
        const others = this.live.filter(other => other !== process && other.slot === action.slot)
        expect(others, 'a worker may join beside another one of its slot').toEqual([])
        expect(this.evicting.has(action.slot), 'a worker may join while its slot is taken out').toBe(false)
        expect(process.beside).toBe(true)
        this.renewed(action.slot)
        process.beside = false
        process.joins = process.configured
        break
      }
      case 'adopt':
        break
      case 'quiet':
        expect(this.find(action).asked, 'told to somebody who stops').toBe(false)
        this.find(action).told = action.quiet
        break
      case 'resume':
        expect(this.find(action).asked, 'told to somebody who stops').toBe(false)
        break
      case 'stop':
        if (!action.leave) {
          expect(
            this.live.filter(({ asked, killed, beside }) => !beside && (asked || killed)),
            'two that do not work at a time',
          ).toEqual([])
        }
        if (this.stopAskedAt === null) this.find(action).alone = action.leave ? 'to leave' : 'to be replaced'
        this.find(action).asked = true
        break
      case 'kill':
        expect(this.find(action).killed, 'killed twice').toBe(false)
        this.find(action).killed = true
        break
      case 'evict':
        expect(this.live.some(({ slot, joins }) => slot === action.slot && joins)).toBe(false)
        this.evicting.add(action.slot)
        break
      case 'finish':
        this.finished.push(action)
        this.finishedAt = this.now
        break
      case 'announce':
        if (action.event.name === 'primary.stopping') this.stopAskedAt = this.now
        if (action.event.name === 'slot.given.up') this.givenUp.add(this.numberOf(action.event.data.slot))
        break
      case 'rename':
      case 'suspicion':
        break
      default:
        action satisfies never
    }
  }

  want(consumer: string, workers: number): void {
    this.wanted.set(consumer, workers)
    for (const slot of [...this.givenUp]) {
      const { consumer: of, index } = this.state.slots[slot]!
      // There are to be fewer: should there be more again, it has a new beginning.
      if (of === consumer && index >= workers) this.renewed(slot)
    }
  }

  renewed(slot: number): void {
    this.givenUp.delete(slot)
    this.crashes.delete(slot)
  }

  /** Every worker that may start something knows of what it may not. */
  checkQuiet(): void {
    for (const { slot, joins, asked, killed, told } of this.live) {
      if (!joins || asked || killed) continue
      for (const one of PARTITIONS)
        expect(told.all !== told.except.includes(one), `${one} being quiet`).toBe(
          this.quiet.get(`${this.of(slot)} ${one}`),
        )
    }
  }

  of(slot: number): string {
    return this.state.slots[slot]!.consumer
  }

  numberOf(name: string): number {
    return this.state.slots.findIndex(slot => slotName(slot) === name)
  }

  runOf(slot: number): number | undefined {
    const found = this.state.slots[slot]!
    return found.state === 'down' ? undefined : found.run
  }

  find({ slot, run }: { slot: number; run: number }): Process {
    const found = this.live.find(process => process.slot === slot && process.run === run)
    if (!found) throw new Error(`no process ${run} lives in slot ${slot}`)
    return found
  }

  /** Every slot is accounted for: a process that lives, or a time at which there will be one, or a stop. */
  check(): void {
    if (this.finished.length > 0) return
    this.checkQuiet()
    const names = [...this.wanted].flatMap(([name, count]) =>
      Array.from({ length: count }, (_, index) => `${name}/${index}`),
    )
    const wanted = this.state.slots.filter(({ retired }) => !retired)
    expect(wanted.map(slotName).sort()).toEqual(names.sort())
    const strangers = this.live.filter(({ slot, run, beside }) => !beside && this.runOf(slot) !== run)
    expect(strangers, 'processes that no slot knows').toEqual([])
    for (const slot of this.state.slots) {
      const lives = this.live.some(process => process.slot === slot.number && !process.beside)
      expect(slot.state !== 'down', `slot ${slot.number} is ${slot.state}`).toBe(lives)
      if (this.givenUp.has(slot.number) || slot.retired) {
        // After the deadline of a stop there is one eviction for all, at its end.
        if (this.stopAskedAt !== null) continue
        expect(slot.state === 'down' && slot.membership.kind, 'empty, but held by the group').not.toBe('orphaned')
      } else if (slot.state === 'down' && this.stopAskedAt === null) {
        expect(slot.forkAt, 'a slot was forgotten').not.toBeNull()
        expect(nextWake(this.state), 'nobody will wake for the slot').not.toBeNull()
      }
    }
  }

  happen(event: Happening): void {
    switch (event.kind) {
      case 'pass':
        this.pass(event.ms)
        break
      case 'size':
        if (this.stopAskedAt === null) this.want(event.consumer, event.workers)
        this.take({ type: 'sized', consumer: event.consumer, workers: event.workers })
        break
      case 'scale': {
        const { consumers, to } = event
        for (const one of consumers) {
          const workers = 'workers' in to ? to.workers : (this.wanted.get(one) ?? 0) + to.more
          if (this.stopAskedAt === null) this.want(one, Math.max(1, workers))
        }
        this.take({ type: 'scaled', by: 'racecarctl', consumers, to })
        break
      }
      case 'restart':
        this.take({ type: 'restart', by: 'SIGUSR2' })
        break
      case 'restart refused':
        this.take({ type: 'restart refused', by: 'SIGUSR2', why: 'It does not compile.' })
        break
      case 'stop':
        this.take({ type: 'stop', reason: 'SIGTERM', code: 0, why: 'stopped' })
        break
      case 'interrupt':
        this.take({ type: 'interrupt' })
        break
      case 'kill':
        this.take({ type: 'kill', by: 'racecarctl' })
        break
      case 'quiet': {
        const { isQuiet, consumers, partitions } = event
        const named = partitions.length === 0 ? PARTITIONS : partitions
        if (this.stopAskedAt === null)
          for (const of of consumers) for (const one of named) this.quiet.set(`${of} ${one}`, isQuiet)
        this.take({ type: 'quiet', isQuiet, by: 'racecarctl', consumers, partitions })
        break
      }
      case 'clear':
        this.clear.add(event.consumer)
        this.take({ type: 'clear', consumer: event.consumer })
        break
      case 'evicted': {
        const slot = [...this.evicting][event.pick % Math.max(1, this.evicting.size)]
        if (slot === undefined) break
        this.evicting.delete(slot)
        this.take({ type: 'evicted', slot })
        break
      }
      default:
        if (this.live.length > 0) this.ofProcess(this.live[event.pick % this.live.length]!, event)
    }
  }

  ofProcess(
    process: Process,
    event: Extract<Happening, { kind: 'exit' | 'describe' | 'up' | 'alive' | 'fail' | 'unfit' | 'stale exit' }>,
  ): void {
    const { slot, run } = process
    switch (event.kind) {
      case 'exit':
        this.exit(process, event.code)
        break
      case 'describe':
        this.take({ type: 'described', slot, run })
        break
      case 'up':
        if (!process.configured) break
        this.take({ type: 'up', slot, run, pid: run })
        if (!process.joins) break
        this.take({ type: 'joining', slot, run })
        this.take({ type: 'joined', slot, run })
        break
      case 'unfit':
        // What a class wants by now is told to nobody who is up, and nobody who knows it already.
        if (!process.configured && !process.killed) this.take({ type: 'unfit', slot, run, why: 'cannot be used' })
        break
      case 'alive':
        this.take({ type: 'alive', slot, run, inHand: [], more: 0, memoryBytes: event.memoryBytes })
        break
      case 'fail':
        this.take({ type: 'failed', slot, run, message: 'Error: boom' })
        break
      case 'stale exit':
        // Where there are two processes the one before this may live.
        if (this.live.every(other => other.run !== run - 1))
          this.take({ type: 'exited', slot, run: run - 1, pid: 1, code: 78, signal: null })
        break
      default:
        event satisfies never
    }
  }

  exit(process: Process, code: number | null): void {
    this.live.splice(this.live.indexOf(process), 1)
    const { slot, run } = process
    const isParted = process.alone !== undefined && (process.killed || code === 0 || code === 2)
    const counts = !process.beside && !this.state.slots[slot]!.retired && code !== 77 && code !== 78
    if (this.stopAskedAt === null && counts && !isParted) this.noteCrash(slot)
    const signal = code === null || process.killed ? 'SIGKILL' : null
    this.take({ type: 'exited', slot, run, pid: run, code: signal ? null : code, signal })
  }

  noteCrash(slot: number): void {
    const recent = (this.crashes.get(slot) ?? []).filter(at => this.now - at < policy.crashWindowMs)
    this.crashes.set(slot, [...recent, this.now])
    expect(recent.length, 'a slot lives on beyond its crash limit').toBeLessThan(policy.crashLimit)
  }

  /** As the supervisor does it: woken when it wanted to be. */
  pass(ms: number): void {
    const end = this.now + ms
    for (let wake = nextWake(this.state); wake !== null && wake <= end; wake = nextWake(this.state)) {
      this.now = Math.max(this.now, wake)
      const before = this.state
      this.take({ type: 'tick' })
      const isLook = nextLook(before) <= this.now
      const isIdle = ['slots', 'phase', 'restart'].every(
        part => Reflect.get(this.state, part) === Reflect.get(before, part),
      )
      if (isIdle && !isLook) throw new Error(`woken at ${this.now} for nothing`)
    }
    this.now = end
  }
}

interface Start {
  readonly workers: number
  readonly onCrashLoop: Policy['onCrashLoop']
  readonly hangTimeoutMs: number
  readonly maxAgeMs?: number
}

/** A world in which all of that has happened, and then a stop. */
function stoppedAfter(
  happenings: readonly Happening[],
  { workers, onCrashLoop, hangTimeoutMs, maxAgeMs = 0 }: Start,
): World {
  const world = new World(onCrashLoop, hangTimeoutMs, maxAgeMs)
  world.happen({ kind: 'size', consumer: 'Mail', workers })
  for (const event of happenings) world.happen(event)
  world.happen({ kind: 'stop' })
  return world
}

describe('whatever happens, in whatever order', () => {
  it('workers that are to be fewer and do not stop are killed, and taken out of the group, with all others', () => {
    const world = new World()
    world.happen({ kind: 'size', consumer: 'Mail', workers: 3 })
    world.happen({ kind: 'clear', consumer: 'Mail' })
    for (const process of [...world.live])
      for (const kind of ['describe', 'up'] as const) world.ofProcess(process, { kind, pick: 0 })
    world.happen({ kind: 'scale', consumers: ['Mail'], to: { workers: 1 } })
    world.happen({ kind: 'stop' })
    world.pass(policy.shutdownTimeoutMs)
    for (const process of [...world.live].reverse()) world.exit(process, null)
    expect(world.finished).toEqual([expect.objectContaining({ evict: [0, 1, 2] })])
  })

  it('a slot never has two processes, none is forgotten, the crash limit holds, and a stop ends with one code', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(happening, { maxLength: 120 }),
        loop,
        hang,
        fc.constantFrom(0, 4000, 30_000),
        (workers, happenings, onCrashLoop, hangTimeoutMs, maxAgeMs) => {
          const world = stoppedAfter(happenings, { workers, onCrashLoop, hangTimeoutMs, maxAgeMs })
          const stopped = world.stopAskedAt ?? 0
          // Those that a limit ended were killed before anybody asked them to stop.
          const ignoring = world.live.filter(({ slot, killed }) => slot % 2 === 0 && !killed)
          for (const process of world.live.filter(({ slot }) => slot % 2 === 1)) world.exit(process, 0)
          world.pass(policy.shutdownTimeoutMs)
          expect(
            ignoring.every(({ killed }) => killed),
            'everything that ignores the stop is killed',
          ).toBe(true)
          for (const process of [...world.live]) world.exit(process, null)
          expect(world.finished).toHaveLength(1)
          expect(world.finishedAt - stopped).toBeLessThanOrEqual(policy.shutdownTimeoutMs + 5000)
          expect([0, 1, 2, 77, 78]).toContain(world.finished[0]?.code)
          if (ignoring.some(({ beside }) => !beside)) expect(world.finished[0]?.code).not.toBe(0)
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('the crash limit holds for a slot that does nothing but crash, however far apart', () => {
    const crash = fc.tuple(
      fc.constantFrom(1, 0, 3, null),
      fc.constantFrom(0, 10, 500, 3000, 9000, 25_000),
      fc.boolean(),
    )
    fc.assert(
      fc.property(fc.array(crash, { minLength: 3, maxLength: 20 }), crashes => {
        const world = new World()
        world.happen({ kind: 'size', consumer: 'Pay', workers: 2 })
        world.happen({ kind: 'clear', consumer: 'Pay' })
        for (const [code, ms, comesUp] of crashes) {
          const process = world.live.find(({ slot }) => slot === 0)
          if (process && comesUp)
            for (const kind of ['describe', 'up'] as const) world.ofProcess(process, { kind, pick: 0 })
          world.pass(ms)
          const still = world.live.find(({ slot }) => slot === 0)
          if (still) world.exit(still, code)
          world.pass(4000)
          if (world.stopAskedAt !== null) return
        }
      }),
      { numRuns: 500 },
    )
  })

  it('a stop ends by time alone, even when no exit is ever seen', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(happening, { maxLength: 60 }),
        loop,
        hang,
        (workers, happenings, onCrashLoop, hangTimeoutMs) => {
          const world = stoppedAfter(happenings, { workers, onCrashLoop, hangTimeoutMs })
          world.pass(60_000)
          expect(world.finished).toHaveLength(1)
          expect(nextWake(world.state)).toBeNull()
        },
      ),
      { numRuns: 500 },
    )
  })
})
