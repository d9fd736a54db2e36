import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { RacecarError } from '../../src/errors.ts'
import { createBus } from '../../src/events/bus.ts'
import type { EventName, Events } from '../../src/events/events.ts'
import { deferred } from '../../src/lib/deferred.ts'
import type { ForwardedEvent, ToWorker } from '../../src/messages.ts'
import { InstanceIds } from '../../src/supervisor/instance-ids.ts'
import type { Eviction, NotedSlot, SupervisorParts } from '../../src/supervisor/parts.ts'
import { Supervisor } from '../../src/supervisor/supervisor.ts'
import type { FromWorker, WorkerListener } from '../../src/supervisor/worker-handle.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'
import { report, usage } from '../support/lane-report.ts'
import { policy } from './steps.ts'

const plan = { consumer: 'Welcome', require: [], candidates: [] }
const description = { consumer: 'Welcome', subscriptions: [], options: {}, handler: 'process' as const }
const joined = { groupId: 'g', generation: 1, memberId: 'm', leader: false, durationMs: 5, partitions: [] }

class FakeProcess {
  readonly sent: ToWorker[] = []
  isKilled = false
  readonly pid: number
  readonly #listener: WorkerListener

  constructor(pid: number, listener: WorkerListener) {
    this.pid = pid
    this.#listener = listener
  }

  send(message: ToWorker): void {
    this.sent.push(message)
  }
  kill(): void {
    this.isKilled = true
  }
  says(message: FromWorker): void {
    this.#listener.message(message)
  }
  publishes<N extends EventName>(name: N, data: Events[N]): void {
    this.says({ type: 'event', event: { name, data } as ForwardedEvent })
  }
  exits(code: number | null, signal: string | null = null): void {
    this.#listener.exited({ code, signal })
  }
  async comesUp(): Promise<void> {
    this.says({ type: 'described', description })
    await turn()
    this.says({ type: 'up' })
    this.publishes('group.joining', { groupId: 'g' })
    this.publishes('group.joined', joined)
  }
  leaves(): void {
    this.publishes('group.left', { groupId: 'g', durationMs: 5 })
    this.exits(0)
  }
  ofType<T extends ToWorker['type']>(type: T): Extract<ToWorker, { type: T }>[] {
    return this.sent.filter((message): message is Extract<ToWorker, { type: T }> => message.type === type)
  }
}

let clock: FakeClock
let processes: FakeProcess[]
let events: ForwardedEvent[]
let heard: unknown[]
let evictions: Eviction[]
let evict: (eviction: Eviction) => Promise<void>
let notes: (readonly NotedSlot[])[]
let randoms: number

beforeEach(() => {
  clock = new FakeClock()
  processes = []
  events = []
  heard = []
  evictions = []
  evict = async () => {}
  notes = []
  randoms = 0
})

afterEach(() => expect(clock.pending, 'timers left behind').toBe(0))

function make(workers: number, changes: Partial<SupervisorParts> = {}): Supervisor {
  const bus = createBus()
  bus.onAny((name, data) => events.push({ name, data } as ForwardedEvent))
  return new Supervisor({
    plans: [plan],
    policy,
    ids: new InstanceIds({ clientId: 'c', host: 'h', given: undefined, random: () => `r${++randoms}` }),
    fork: listener => {
      const process = new FakeProcess(101 + processes.length, listener)
      processes.push(process)
      return process
    },
    bus,
    clock,
    readAfresh: async () => [plan],
    resolve: () => ({ config: loadConfig({ given: { workers } }).config, groupId: 'welcome' }),
    clearTheWay: async () => {},
    noteSlots: slots => notes.push(slots),
    evict: eviction => {
      evictions.push(eviction)
      return evict(eviction)
    },
    onWorkerEvent: (origin, event) => heard.push({ ...origin, name: event.name }),
    ...changes,
  })
}

async function running(workers: number, changes: Partial<SupervisorParts> = {}): Promise<Supervisor> {
  const supervisor = make(workers, changes)
  supervisor.start()
  await processes[0]!.comesUp()
  for (const process of processes.slice(1)) await process.comesUp()
  return supervisor
}

async function stopped(supervisor: Supervisor): Promise<void> {
  supervisor.stop('SIGTERM')
  for (const process of processes) process.leaves()
  await supervisor.done
}

/** Nobody answers: a second is waited for. */
async function statusOf(supervisor: Supervisor) {
  const asking = supervisor.status()
  await clock.advance(1000)
  return asking
}

const published = (name: EventName) => events.filter(event => event.name === name).map(event => event.data)

describe('starting', () => {
  it('lets the first worker describe what it found before the others are forked, and configures each', async () => {
    const supervisor = make(3)
    supervisor.start()
    expect(processes).toHaveLength(1)
    expect(processes[0]!.sent).toEqual([{ type: 'load', plan }])
    processes[0]!.says({ type: 'described', description })
    await turn()
    expect(processes.map(({ pid }) => pid)).toEqual([101, 102, 103])
    expect(processes[0]!.sent[1]).toMatchObject({
      type: 'configure',
      slot: 'Welcome/0',
      groupId: 'welcome',
      instanceId: 'c-h-r1-0',
      config: { workers: 3 },
      early: true,
    })
    expect(processes[2]!.sent).toEqual([{ type: 'load', plan }])
    processes[2]!.says({ type: 'described', description })
    await turn()
    expect(processes[2]!.sent[1]).toMatchObject({ slot: 'Welcome/2', instanceId: 'c-h-r1-2' })
    await stopped(supervisor)
  })

  it('resolves the options once, whoever describes', async () => {
    let asked = 0
    const config = loadConfig({ given: { workers: 3 } }).config
    const resolve = () => ({ config, groupId: `${++asked}` })
    const supervisor = await running(3, { resolve })
    expect(asked).toBe(1)
    await stopped(supervisor)
  })

  it('ends with 78 and all that is wrong when the class’s options cannot be used', async () => {
    const supervisor = make(1, { resolve: () => Promise.reject(new RacecarError('CONFIG', 'workers must be …')) })
    supervisor.start()
    processes[0]!.says({ type: 'described', description })
    await turn()
    expect(processes[0]!.ofType('stop')).toHaveLength(1)
    expect(processes[0]!.ofType('configure')).toHaveLength(0)
    processes[0]!.exits(0)
    expect(await supervisor.done).toEqual({ exitCode: 78, why: 'workers must be …' })
  })

  it('ends with a refused worker’s code, its words and the cure', async () => {
    const supervisor = make(1)
    supervisor.start()
    const error = { name: 'RacecarError', message: 'There is no consumer Welcome.' }
    processes[0]!.says({ type: 'refused', error, exitCode: 78, cure: 'Check the name.' })
    processes[0]!.exits(78)
    expect(await supervisor.done).toEqual({
      exitCode: 78,
      why: 'Welcome/0 failed: There is no consumer Welcome. Check the name.',
    })
  })

  it('forks nothing when it was told to stop before it began', async () => {
    const supervisor = make(3)
    supervisor.stop('SIGTERM')
    supervisor.start()
    expect(await supervisor.done).toMatchObject({ exitCode: 0 })
    expect(processes).toHaveLength(0)
  })

  it('forks again with back-off what could not be forked', async () => {
    const attempts: WorkerListener[] = []
    const supervisor = make(1, {
      fork: listener => {
        attempts.push(listener)
        return { pid: 0, send: () => {}, kill: () => {} }
      },
    })
    supervisor.start()
    attempts[0]!.forkFailed(new Error('spawn EAGAIN'))
    attempts[1]!.forkFailed(new Error('spawn EAGAIN'))
    await clock.until(() => attempts.length === 3)
    expect(clock.now()).toBe(1000)
    expect(published('line')).toEqual([
      { level: 'error', from: 'supervisor', message: 'Welcome/0 could not be forked: spawn EAGAIN' },
      { level: 'error', from: 'supervisor', message: 'Welcome/0 could not be forked: spawn EAGAIN' },
    ])
    supervisor.stop('SIGTERM')
    attempts[2]!.forkFailed(new Error('spawn EAGAIN'))
    expect(await supervisor.done).toMatchObject({ exitCode: 0 })
    expect(published('slot.restarting'), 'nothing is replaced during a stop').toHaveLength(2)
  })
})

describe('what an earlier primary left behind', () => {
  it('is gone before any worker joins, while all of them load', async () => {
    const way = deferred<void>()
    const supervisor = make(3, { clearTheWay: () => way.promise })
    supervisor.start()
    for (const number of [0, 1, 2]) {
      processes[number]!.says({ type: 'described', description })
      await turn()
    }
    expect(processes).toHaveLength(3)
    expect(processes.flatMap(process => process.ofType('configure'))).toEqual([])
    way.resolve()
    await turn()
    expect(processes.map(process => process.ofType('configure').length)).toEqual([1, 1, 1])
    await stopped(supervisor)
  })

  it('is not waited for any more when a stop has come', async () => {
    let waiting: AbortSignal | undefined
    const supervisor = make(1, {
      clearTheWay: (_, signal) => {
        waiting = signal
        return new Promise(() => {})
      },
    })
    supervisor.start()
    processes[0]!.says({ type: 'described', description })
    await turn()
    expect(waiting?.aborted).toBe(false)
    supervisor.stop('SIGTERM')
    processes[0]!.exits(0)
    expect(await supervisor.done).toMatchObject({ exitCode: 0 })
    expect(waiting?.aborted).toBe(true)
  })
})

describe('who may be a member', () => {
  it('is noted before each worker can join, the replaced one too', async () => {
    const supervisor = await running(2)
    expect(notes.at(-1)).toEqual([
      { slot: 'Welcome/0', pid: 101, groupId: 'welcome', instanceId: 'c-h-r1-0' },
      { slot: 'Welcome/1', pid: 102, groupId: 'welcome', instanceId: 'c-h-r1-1' },
    ])
    const before = notes.length
    processes[1]!.exits(1)
    expect(notes).toHaveLength(before)
    await processes[2]!.comesUp()
    expect(notes.slice(before).map(slots => slots[1]?.pid)).toEqual([103])
    supervisor.stop('SIGTERM')
    processes[0]!.leaves()
    processes[2]!.leaves()
    await supervisor.done
  })
})

describe('several consumers', () => {
  const resolve = ({ consumer }: { consumer: string }) => ({
    config: loadConfig({ given: { workers: consumer === 'Mail' ? 1 : 2 } }).config,
    groupId: consumer.toLowerCase(),
  })
  const plans = ['Mail', 'Pay'].map(consumer => ({ ...plan, consumer }))
  const describes = async (number: number, consumer: string) => {
    processes[number]!.says({ type: 'described', description: { ...description, consumer } })
    await turn()
  }

  it('have slots, groups and instance ids of their own, whichever is described first, under one stop', async () => {
    const supervisor = make(0, { plans, resolve })
    supervisor.start()
    expect(processes.map(process => process.ofType('load')[0]?.plan.consumer)).toEqual(['Mail', 'Pay'])
    await describes(1, 'Pay')
    await describes(0, 'Mail')
    expect(processes).toHaveLength(3)
    await describes(2, 'Pay')
    expect(processes.map(process => process.ofType('configure')[0])).toMatchObject([
      { slot: 'Mail/0', groupId: 'mail', instanceId: 'c-h-r1-Mail-0' },
      { slot: 'Pay/0', groupId: 'pay', instanceId: 'c-h-r1-Pay-0' },
      { slot: 'Pay/1', groupId: 'pay', instanceId: 'c-h-r1-Pay-1' },
    ])
    const { slots } = await statusOf(supervisor)
    expect(slots.map(({ name }) => name)).toEqual(['Mail/0', 'Pay/0', 'Pay/1'])
    supervisor.stop('SIGTERM')
    for (const process of processes) process.leaves()
    expect(await supervisor.done).toEqual({ exitCode: 0, why: 'stopped' })
  })

  it('do not wait for each other: one joins while another one is still imported', async () => {
    const supervisor = make(0, { plans, resolve })
    supervisor.start()
    await describes(0, 'Mail')
    expect(processes[0]!.ofType('configure')).toHaveLength(1)
    expect(processes[1]!.ofType('configure')).toEqual([])
    supervisor.stop('SIGTERM')
    for (const process of processes) process.leaves()
    await supervisor.done
  })

  it('are taken out of the groups that they died in', async () => {
    const supervisor = make(0, { plans, resolve })
    supervisor.start()
    for (const [number, consumer] of [
      [0, 'Mail'],
      [1, 'Pay'],
      [2, 'Pay'],
    ] as const) {
      await describes(number, consumer)
      processes[number]!.publishes('group.joining', { groupId: consumer.toLowerCase() })
    }
    supervisor.kill('racecarctl')
    for (const process of processes) process.exits(null, 'SIGKILL')
    await supervisor.done
    expect(evictions.map(({ groupId, instanceIds }) => [groupId, instanceIds])).toEqual([
      ['mail', ['c-h-r1-Mail-0']],
      ['pay', ['c-h-r1-Pay-0', 'c-h-r1-Pay-1']],
    ])
  })
})

describe('a worker that dies', () => {
  it('is replaced under the same instance id, and only when its exit was seen', async () => {
    const supervisor = await running(2)
    processes[1]!.exits(null, 'SIGKILL')
    expect(processes).toHaveLength(3)
    await processes[2]!.comesUp()
    expect(processes[2]!.ofType('configure')[0]?.instanceId).toBe(processes[1]!.ofType('configure')[0]?.instanceId)
    expect(published('slot.exited')).toEqual([
      {
        slot: 'Welcome/1',
        pid: 102,
        code: null,
        signal: 'SIGKILL',
        why: expect.stringContaining('was ended by SIGKILL'),
      },
    ])
    expect(published('slot.forked')).toContainEqual({ slot: 'Welcome/1', pid: 103, restarts: 1, beside: false })
    await stopped(supervisor)
  })

  it('is replaced under a new instance id, with a warning, when another process uses its own', async () => {
    const supervisor = await running(1)
    processes[0]!.exits(76)
    await processes[1]!.comesUp()
    expect(processes[1]!.ofType('configure')[0]?.instanceId).toBe('c-h-r2-0')
    expect(published('slot.renamed')).toEqual([
      expect.objectContaining({ slot: 'Welcome/0', was: 'c-h-r1-0', instanceId: 'c-h-r2-0' }),
    ])
    await stopped(supervisor)
    expect(evictions, 'what belongs to somebody else').toEqual([])
  })

  it('is taken out of the group when no replacement has joined after a while; only then may that join', async () => {
    const eviction = deferred()
    evict = () => eviction.promise
    const supervisor = await running(1)
    processes[0]!.exits(null, 'SIGKILL')
    await clock.advance(5000)
    expect(evictions).toEqual([expect.objectContaining({ instanceIds: ['c-h-r1-0'], groupId: 'welcome' })])
    processes[1]!.says({ type: 'described', description })
    await turn()
    expect(processes[1]!.ofType('configure')).toEqual([])
    eviction.resolve()
    await turn()
    expect(processes[1]!.ofType('configure')).toHaveLength(1)
    await stopped(supervisor)
  })
})

describe('a worker that gives no sign of life', () => {
  const watched = { policy: { ...policy, hangTimeoutMs: 3000 } }
  const alive = { type: 'alive', inHand: [], more: 0, memoryBytes: 1 } as const

  it('is killed, with a line that says why, and replaced; who gives one is not', async () => {
    const supervisor = await running(2, watched)
    const inHand = [{ topic: 't', partition: 1, offset: 5, lastOffset: 5, forMs: 7 }]
    processes[1]!.says({ ...alive, inHand })
    for (let half = 0; half < 6; half++) {
      processes[0]!.says(alive)
      await clock.advance(500)
    }
    expect(processes.map(({ isKilled }) => isKilled)).toEqual([false, false])
    await clock.advance(100)
    expect(processes.map(({ isKilled }) => isKilled)).toEqual([false, true])
    expect(published('slot.hung')).toEqual([
      expect.objectContaining({
        slot: 'Welcome/1',
        pid: 102,
        limitMs: 3000,
        last: expect.objectContaining({ inHand }),
      }),
    ])
    expect(published('slot.killed')).toEqual([expect.objectContaining({ pid: 102 })])
    processes[1]!.exits(null, 'SIGKILL')
    expect(processes).toHaveLength(3)
    supervisor.stop('SIGTERM')
    for (const index of [0, 2]) processes[index]!.leaves()
    expect(await supervisor.done).toMatchObject({ exitCode: 0 })
  })
})

describe('what workers publish', () => {
  it('is handed on with slot and process id', async () => {
    const supervisor = await running(2)
    heard.length = 0
    processes[1]!.publishes('line', { level: 'info', message: 'hello', from: 'user' })
    expect(heard).toEqual([{ slot: 'Welcome/1', pid: 102, name: 'line' }])
    await stopped(supervisor)
  })

  it('makes the others beat ten times a second while one of them joins, and once when one leaves', async () => {
    const supervisor = await running(3)
    const beats = (index: number) => processes[index]!.ofType('beat').length
    const before = [beats(0), beats(1), beats(2)]
    processes[1]!.publishes('group.joining', { groupId: 'g' })
    await clock.advance(950)
    expect(beats(0) - before[0]!).toBe(10)
    expect(beats(1)).toBe(before[1])
    processes[0]!.publishes('group.joining', { groupId: 'g' })
    const later = beats(0)
    await clock.advance(100)
    expect(beats(0), 'who joins as well needs no beat').toBe(later)
    processes[0]!.publishes('group.joined', joined)
    processes[1]!.publishes('group.joined', joined)
    await clock.advance(200)
    expect(clock.pending).toBe(0)
    const settled = beats(0)
    processes[2]!.publishes('group.left', { groupId: 'g', durationMs: 5 })
    expect(beats(0)).toBe(settled + 1)
    await stopped(supervisor)
  })

  it('makes nobody beat any more for a worker that died while it joined', async () => {
    const supervisor = await running(2)
    processes[1]!.publishes('group.joining', { groupId: 'g' })
    processes[1]!.exits(null, 'SIGKILL')
    const beats = processes[0]!.ofType('beat').length
    await clock.advance(1000)
    expect(processes[0]!.ofType('beat')).toHaveLength(beats)
    await stopped(supervisor)
  })

  it('is not listened to once the worker was replaced', async () => {
    const supervisor = await running(1)
    processes[0]!.exits(1)
    heard.length = 0
    processes[0]!.publishes('group.left', { groupId: 'g', durationMs: 5 })
    expect(heard).toEqual([])
    await stopped(supervisor)
  })
})

describe('what is quiet', () => {
  const which = { consumers: [], partitions: ['t/1'] }
  const quiet = { all: false, except: ['t/1'] }

  it('is told to who is there, to a replacement before it is configured, and to nobody once it goes on', async () => {
    const supervisor = await running(2)
    supervisor.quiet(true, 'racecarctl', which)
    expect(processes.map(process => process.ofType('quiet'))).toEqual(Array(2).fill([{ type: 'quiet', quiet }]))
    processes[0]!.exits(null, 'SIGKILL')
    await processes[2]!.comesUp()
    expect(processes[2]!.sent.map(({ type }) => type)).toEqual(['load', 'quiet', 'suspicion', 'configure'])
    expect(processes[2]!.ofType('quiet')).toEqual([{ type: 'quiet', quiet }])
    supervisor.quiet(false, 'SIGCONT', { consumers: [], partitions: [] })
    supervisor.quiet(false, 'SIGCONT', { consumers: [], partitions: [] })
    processes[1]!.exits(null, 'SIGKILL')
    await processes[3]!.comesUp()
    expect(processes[3]!.ofType('quiet')).toEqual([])
    expect(processes[2]!.ofType('quiet')).toHaveLength(2)
    expect(published('primary.quiet')).toEqual([{ by: 'racecarctl', consumers: ['Welcome'], partitions: ['t/1'] }])
    expect(published('primary.continued')).toEqual([{ by: 'SIGCONT', consumers: ['Welcome'], partitions: [] }])
    await stopped(supervisor)
  })

  it('before anybody is there holds for all who come', async () => {
    const supervisor = make(1)
    supervisor.quiet(true, 'SIGTSTP', { consumers: [], partitions: [] })
    supervisor.start()
    await processes[0]!.comesUp()
    expect(processes[0]!.ofType('quiet')).toEqual([{ type: 'quiet', quiet: { all: true, except: [] } }])
    await stopped(supervisor)
  })
})

describe('the status', () => {
  it('holds what each worker says that is up, and who does not answer', async () => {
    const supervisor = await running(3)
    processes[2]!.exits(1)
    const status = supervisor.status()
    expect(processes.map(process => process.ofType('report').length)).toEqual([1, 1, 0, 0])
    processes[0]!.says({ type: 'report', ...report })
    const { slots } = await clock.when(status)
    expect(slots.map(({ name, pid, state, answers }) => [name, pid, state, answers])).toEqual([
      ['Welcome/0', 101, 'up', true],
      ['Welcome/1', 102, 'up', false],
      ['Welcome/2', 104, 'starting', true],
    ])
    expect(slots[0]!.partitions).toEqual([expect.objectContaining({ topic: 'greetings', partition: 0, position: 7 })])
    expect(slots[0]).toMatchObject({ memoryBytes: usage.memoryBytes, cpuPercent: 2.5 })
    expect(slots[2]!.lastReason).toBe('exited with code 1')
    await stopped(supervisor)
  })

  it('is not held up by a worker that is known to be silent, and shows what it had in hand when it was last heard', async () => {
    const supervisor = await running(2)
    const inHand = [{ topic: 'greetings', partition: 3, offset: 9, lastOffset: 9, forMs: 500 }]
    processes[1]!.says({ type: 'alive', inHand, more: 2, memoryBytes: 8 })
    for (let second = 0; second < 3; second++) {
      await clock.advance(1000)
      processes[0]!.says({ type: 'alive', inHand: [], more: 0, memoryBytes: 7 })
    }
    const asked = clock.now()
    const status = supervisor.status()
    processes[0]!.says({ type: 'report', ...report })
    const { slots } = await clock.when(status)
    expect(clock.now()).toBe(asked)
    expect(slots.map(({ answers }) => answers)).toEqual([true, false])
    const { forMs: _, ...what } = inHand[0]!
    const since = new Date(clock.epoch() - 3500).toISOString()
    expect(slots[1]).toMatchObject({
      state: 'up',
      memoryBytes: 8,
      cpuPercent: null,
      partitions: [],
      lastHeard: { at: new Date(clock.epoch() - 3000).toISOString(), inHand: [{ ...what, since }], more: 2 },
    })
    await stopped(supervisor)
  })

  it('does not wait for a worker that exits before it has answered', async () => {
    const supervisor = await running(1)
    const status = supervisor.status()
    processes[0]!.exits(1)
    expect((await status).slots[0]).toMatchObject({ pid: 102, state: 'starting', restarts: 1 })
    expect(clock.now()).toBe(0)
    await stopped(supervisor)
  })

  it('of a supervisor that has ended still says so', async () => {
    const supervisor = await running(1)
    await stopped(supervisor)
    expect(await supervisor.status()).toMatchObject({ state: 'stopping', slots: [{ state: 'down', pid: null }] })
  })
})

describe('a stop', () => {
  it('hands one deadline down to every worker, asks them to leave, and resolves when all are gone', async () => {
    const supervisor = await running(3)
    supervisor.stop('SIGTERM')
    supervisor.stop('SIGTERM')
    for (const process of processes) {
      expect(process.ofType('stop')).toEqual([{ type: 'stop', withinMs: 24_000, leave: true, reason: 'SIGTERM' }])
    }
    for (const process of processes) process.leaves()
    expect(await supervisor.done).toEqual({ exitCode: 0, why: 'stopped' })
    expect(evictions).toEqual([])
    expect(published('primary.stopped')).toEqual([{ exitCode: 0, why: 'stopped' }])
  })

  it('kills at the deadline, and takes out of the group who could not leave by himself', async () => {
    const supervisor = await running(3)
    supervisor.stop('SIGTERM')
    processes[0]!.leaves()
    processes[1]!.exits(null, 'SIGSEGV')
    expect(evictions).toEqual([expect.objectContaining({ instanceIds: ['c-h-r1-1'], timeoutMs: 5000 })])
    await clock.advance(24_999)
    expect(processes[2]!.isKilled).toBe(false)
    await clock.advance(1)
    expect(processes[2]!.isKilled).toBe(true)
    expect(processes).toHaveLength(3)
    processes[2]!.exits(null, 'SIGKILL')
    expect(await supervisor.done).toMatchObject({ exitCode: 1, why: expect.stringContaining('Welcome/1') })
    expect(evictions.slice(1)).toEqual([expect.objectContaining({ instanceIds: ['c-h-r1-2'], timeoutMs: 1000 })])
  })

  it('does not wait longer for the group than for a second after the deadline', async () => {
    evict = () => new Promise(() => {})
    const supervisor = await running(1)
    supervisor.stop('SIGTERM')
    await clock.advance(25_000)
    processes[0]!.exits(null, 'SIGKILL')
    expect(await clock.when(supervisor.done)).toMatchObject({ exitCode: 2 })
    expect(clock.now()).toBe(26_000)
  })

  it('ends although the group cannot be told', async () => {
    evict = () => Promise.reject(new Error('no broker'))
    const supervisor = await running(1)
    supervisor.interrupt()
    supervisor.interrupt()
    expect(processes[0]!.isKilled).toBe(true)
    processes[0]!.exits(null, 'SIGKILL')
    expect(await supervisor.done).toMatchObject({ exitCode: 2 })
    expect(published('line')).toEqual([expect.objectContaining({ message: expect.stringContaining('no broker') })])
  })

  it('by the class’s wish for no workers ends with 0 and lets nobody join', async () => {
    const supervisor = make(0)
    supervisor.start()
    processes[0]!.says({ type: 'described', description })
    await turn()
    expect(processes[0]!.ofType('configure')).toEqual([])
    processes[0]!.exits(0)
    expect(await supervisor.done).toMatchObject({ exitCode: 0 })
  })
})

describe('a restart', () => {
  const fresh = { ...plan, candidates: ['/release/2.mjs'] }
  const reads = async () => [fresh]

  async function ready(process: FakeProcess): Promise<void> {
    process.says({ type: 'described', description })
    await turn()
    process.says({ type: 'up' })
  }

  async function takesOver(old: FakeProcess, process: FakeProcess): Promise<void> {
    await ready(process)
    old.exits(0)
    expect(process.ofType('join')).toHaveLength(1)
    process.publishes('group.joining', { groupId: 'g' })
    process.publishes('group.joined', joined)
  }

  it('loads what was read afresh, beside the old worker and under its instance id, and writes down who may be a member only then', async () => {
    const supervisor = await running(1, { readAfresh: reads })
    await supervisor.restart('SIGUSR2')
    const [old, fork] = processes
    expect(fork!.sent[0]).toEqual({ type: 'load', plan: fresh })
    await ready(fork!)
    const [configured] = fork!.ofType('configure')
    expect(configured).toMatchObject({ join: false, instanceId: old!.ofType('configure')[0]?.instanceId })
    expect(notes.at(-1)?.map(({ pid }) => pid)).toEqual([101])
    expect(old!.ofType('stop')).toEqual([expect.objectContaining({ leave: false })])
    old!.exits(0)
    expect(fork!.ofType('join')).toHaveLength(1)
    expect(notes.at(-1)?.map(({ pid }) => pid)).toEqual([102])
    await stopped(supervisor)
  })

  it('has a worker that dies afterwards come back with what the restart read, also in a slot that is new', async () => {
    const supervisor = await running(1, { readAfresh: reads })
    await supervisor.restart('SIGUSR2')
    await takesOver(processes[0]!, processes[1]!)
    processes[1]!.exits(null, 'SIGKILL')
    expect(processes[2]!.sent[0]).toEqual({ type: 'load', plan: fresh })
    supervisor.scale({ workers: 2 }, 'racecarctl', [])
    expect(processes[3]!.sent[0]).toEqual({ type: 'load', plan: fresh })
    await stopped(supervisor)
  })

  it('is also for a slot that was retired before, when it is filled again', async () => {
    const supervisor = await running(2, { readAfresh: reads })
    supervisor.scale({ workers: 1 }, 'racecarctl', [])
    processes[1]!.leaves()
    await supervisor.restart('SIGUSR2')
    await takesOver(processes[0]!, processes[2]!)
    supervisor.scale({ workers: 2 }, 'racecarctl', [])
    expect(processes[3]!.sent[0]).toEqual({ type: 'load', plan: fresh })
    await stopped(supervisor)
  })

  it('that does not come up leaves the slots with what they had', async () => {
    const supervisor = await running(2, { readAfresh: reads })
    await supervisor.restart('SIGUSR2')
    processes[2]!.exits(1)
    expect(published('restart.failed')).toEqual([expect.objectContaining({ slot: 'Welcome/0', replaced: 0, left: 2 })])
    processes[0]!.exits(null, 'SIGKILL')
    expect(processes[3]!.sent[0]).toEqual({ type: 'load', plan })
    await stopped(supervisor)
  })

  it('whose files cannot be read is refused', async () => {
    const supervisor = await running(1, { readAfresh: () => Promise.reject(new Error('a.ts:1:1: Expected ";"')) })
    await supervisor.restart('SIGUSR2')
    expect(published('restart.failed')).toEqual([{ slot: null, replaced: 0, left: 0, why: 'a.ts:1:1: Expected ";"' }])
    expect(processes).toHaveLength(1)
    await stopped(supervisor)
  })

  it.each([
    ['another group', 1, 'the group is other by now, and was welcome: that takes a stop and a start.'],
    ['no workers', 0, 'workers is 0, and this racecar has workers.'],
  ])('for which a class wants %s is not gone through with', async (_, workers, why) => {
    let groupId = 'welcome'
    let wanted = 1
    const resolve = () => ({ config: loadConfig({ given: { workers: wanted } }).config, groupId })
    const supervisor = await running(1, { readAfresh: reads, resolve })
    if (workers > 0) groupId = 'other'
    wanted = workers
    await supervisor.restart('SIGUSR2')
    processes[1]!.says({ type: 'described', description })
    await turn()
    expect(processes[1]!.isKilled).toBe(true)
    processes[1]!.exits(null, 'SIGKILL')
    expect(published('restart.failed')).toEqual([expect.objectContaining({ why: `cannot be used: ${why}` })])
    await stopped(supervisor)
  })

  it('brings the number of workers that the class wants by then, unless that is what it was', async () => {
    let wanted = 1
    const resolve = () => ({ config: loadConfig({ given: { workers: wanted } }).config, groupId: 'welcome' })
    const supervisor = await running(1, { readAfresh: reads, resolve })
    wanted = 2
    await supervisor.restart('SIGUSR2')
    await takesOver(processes[0]!, processes[1]!)
    expect(processes).toHaveLength(3)
    expect(published('restart.done')).toEqual([{ replaced: 1, tookMs: 0 }])
    await stopped(supervisor)
  })
})
