import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { RacecarError } from '../../src/errors.ts'
import { type Bus, createBus } from '../../src/events/bus.ts'
import type { InHand } from '../../src/events/events.ts'
import { deferred } from '../../src/lib/deferred.ts'
import type { ForwardedEvent, Quiet, Report, Suspicion, ToPrimary } from '../../src/messages.ts'
import { surroundings } from '../../src/producer/surroundings.ts'
import type { Witness } from '../../src/runner/runner.ts'
import type { Driven, Loaded, RunnerEnd, WorkerParts } from '../../src/worker/parts.ts'
import { Worker } from '../../src/worker/worker.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'
import { lane } from '../support/lane-report.ts'

const plan = { consumer: 'Welcome', require: [], candidates: [] }
const description = { consumer: 'Welcome', subscriptions: [], options: {}, handler: 'process' as const }
const configure = {
  type: 'configure' as const,
  config: loadConfig({ flags: { shutdownTimeout: 10 } }).config,
  slot: 'Welcome/0',
  groupId: 'welcome',
  instanceId: 'i-0',
  join: true,
}
const stop = { type: 'stop' as const, withinMs: 5000, leave: true, reason: 'SIGTERM' }

/** Does what it is told to, when it is told to. */
class FakeRunner implements Driven {
  readonly calls: string[] = []
  busy: readonly InHand[] = []
  readonly quiets: Quiet[] = []
  readonly suspicions: Suspicion[] = []
  readonly stops: { deadline: number; leave: boolean }[] = []
  readonly initialized = deferred()
  readonly ended = deferred<RunnerEnd>()
  readonly stopped = deferred<{ clean: boolean }>()
  readonly done = this.ended.promise

  initialize(): Promise<void> {
    this.calls.push('initialize')
    return this.initialized.promise
  }
  async start(): Promise<void> {
    this.calls.push('start')
  }
  beat(): void {
    this.calls.push('beat')
  }
  quiet(quiet: Quiet): void {
    this.quiets.push(quiet)
  }
  resume(partitions: readonly string[]): void {
    this.calls.push(`resume ${partitions.join()}`)
  }
  suspect(suspicion: Suspicion): void {
    this.suspicions.push(suspicion)
  }
  inHand(): readonly InHand[] {
    return this.busy
  }
  snapshot(): Pick<Report, 'lanes' | 'beatAgoMs'> {
    return { lanes: [lane], beatAgoMs: 500 }
  }
  stop(how: { deadline: number; leave: boolean }): Promise<{ clean: boolean }> {
    this.stops.push(how)
    return this.stopped.promise
  }
}

let clock: FakeClock
let runner: FakeRunner
let said: ToPrimary[]
let events: ForwardedEvent[]
let worker: Worker
let loading: Promise<Loaded>
let bus: Bus

beforeEach(() => {
  clock = new FakeClock()
  runner = new FakeRunner()
  said = []
  events = []
  loading = Promise.resolve({ description, prepare: () => runner })
  bus = createBus()
  bus.onAny((name, data) => events.push({ name, data } as ForwardedEvent))
  worker = new Worker({ load: () => loading, send: message => said.push(message), bus, clock })
})

afterEach(() => expect(clock.pending, 'timers left behind').toBe(0))

async function run(): Promise<void> {
  worker.receive({ type: 'load', plan })
  await turn()
  worker.receive(configure)
  runner.initialized.resolve()
  await turn()
}

const names = () => events.map(({ name }) => name)

async function end(clean: boolean): Promise<number> {
  runner.stopped.resolve({ clean })
  return worker.done
}

describe('the life of a worker', () => {
  it('describes before it is configured, is up when it is initialized, and joins after that', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    expect(said).toEqual([{ type: 'described', description }])
    expect(runner.calls).toEqual([])
    worker.receive(configure)
    await turn()
    expect(runner.calls).toEqual(['initialize'])
    expect(said).toHaveLength(1)
    runner.initialized.resolve()
    await turn()
    expect(said[1]).toEqual({ type: 'up' })
    expect(runner.calls).toEqual(['initialize', 'start'])
    worker.receive({ type: 'beat' })
    expect(runner.calls.at(-1)).toBe('beat')
    worker.receive(stop)
    expect(await end(true)).toBe(0)
  })

  it('that is to wait for its place does everything but join, until it is told that it may', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive({ ...configure, join: false })
    runner.initialized.resolve()
    await turn()
    expect(said[1]).toEqual({ type: 'up' })
    expect(runner.calls).toEqual(['initialize'])
    worker.receive({ type: 'join' })
    await turn()
    expect(runner.calls).toEqual(['initialize', 'start'])
    worker.receive(stop)
    expect(await end(true)).toBe(0)
  })

  it('that may join before it is initialized joins after that', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive({ ...configure, join: false })
    worker.receive({ type: 'join' })
    await turn()
    expect(runner.calls).toEqual(['initialize'])
    runner.initialized.resolve()
    await turn()
    expect(runner.calls).toEqual(['initialize', 'start'])
    worker.receive(stop)
    expect(await end(true)).toBe(0)
  })

  it('hands its deadline down as one instant, and exits 0 when everything was finished', async () => {
    await run()
    await clock.advance(100)
    worker.receive(stop)
    expect(runner.stops).toEqual([{ deadline: 5100, leave: true }])
    expect(await end(true)).toBe(0)
    expect(names()).toEqual(['worker.started', 'worker.stopping', 'worker.stopped'])
  })

  it('exits 2 when something in hand was given up', async () => {
    await run()
    worker.receive(stop)
    expect(await end(false)).toBe(2)
  })

  for (const isDelivered of [true, false]) {
    it(`waits for what its code has produced beside its consumer, until the deadline: ${isDelivered}`, async () => {
      const delivered = deferred()
      const producer = { settled: () => delivered.promise, unsettled: 3 }
      surroundings().unsettled.add(producer)
      onTestFinished(() => void surroundings().unsettled.delete(producer))
      await run()
      const lines: string[] = []
      bus.on('line', ({ message }) => lines.push(message))
      worker.receive(stop)
      runner.stopped.resolve({ clean: true })
      await clock.advance(4900)
      expect(names()).not.toContain('worker.stopped')
      if (isDelivered) delivered.resolve()
      else await clock.advance(100)
      expect(await worker.done).toBe(isDelivered ? 0 : 2)
      expect(lines).toEqual(
        isDelivered ? [] : [expect.stringMatching(/^3 messages of produceAsync, .* may be lost\.$/)],
      )
    })
  }

  it('exits 2 when its runner does not come back by the deadline', async () => {
    await run()
    worker.receive(stop)
    expect(await clock.when(worker.done)).toBe(2)
    expect(clock.now()).toBe(5250)
  })

  it('exits 0 at once when it is stopped before it has anything in hand', async () => {
    worker.receive({ type: 'load', plan })
    worker.receive(stop)
    expect(await worker.done).toBe(0)
    await turn()
    expect(said).toEqual([])
  })

  it('exits 0 at once while a module of the user never finishes loading', async () => {
    loading = new Promise(() => {})
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive(stop)
    expect(await worker.done).toBe(0)
  })

  it('does not join any more when it is stopped while it initializes', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive(configure)
    await turn()
    worker.receive(stop)
    runner.initialized.resolve()
    await turn()
    expect(runner.calls).toEqual(['initialize'])
    expect(said.map(({ type }) => type)).toEqual(['described'])
    expect(await end(true)).toBe(0)
  })
})

describe('a worker’s signs of life', () => {
  const busy: InHand = { topic: 'greetings', partition: 0, offset: 7, lastOffset: 7, forMs: 30 }
  const alive = () => said.flatMap(message => (message.type === 'alive' ? [message.inHand] : []))

  it('begin when it is up, tell of a message as it begins, and end with what it has not finished', async () => {
    let begins: Witness['begins'] = () => undefined
    loading = Promise.resolve({
      description,
      prepare(_, witness) {
        begins = witness.begins
        return runner
      },
    })
    await run()
    expect(said.map(({ type }) => type)).toEqual(['described', 'up', 'alive'])
    await clock.advance(1000)
    expect(alive()).toEqual([[], []])
    await clock.advance(100)
    runner.busy = [busy]
    void begins(false)
    expect(alive().at(-1)).toEqual([busy])
    worker.receive(stop)
    runner.busy = []
    expect(await end(true)).toBe(0)
    expect(alive()).toEqual([[], [], [busy], []])
  })

  it('come several times within a short hang_timeout', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive({ ...configure, config: { ...configure.config, hangTimeout: 1 } })
    runner.initialized.resolve()
    await turn()
    await clock.advance(1000)
    expect(alive()).toHaveLength(6)
    worker.receive(stop)
    expect(await end(true)).toBe(0)
  })
})

describe('a worker that is told what to mind', () => {
  const at = { topic: 'greetings', partition: 3, offset: 17 }
  const suspicion: Suspicion = {
    suspects: [{ ...at, lastOffset: 17, alone: true }],
    convicted: [],
    isAfterCrash: true,
  }
  const nothing: Suspicion = { suspects: [], convicted: [], isAfterCrash: false }

  it('before it is configured minds it from its first message on, and does what was said last', async () => {
    worker.receive({ type: 'load', plan })
    worker.receive({ type: 'suspicion', suspicion })
    await turn()
    worker.receive(configure)
    runner.initialized.resolve()
    await turn()
    expect(runner.suspicions).toEqual([suspicion])
    worker.receive({ type: 'suspicion', suspicion: nothing })
    expect(runner.suspicions.slice(1)).toEqual([nothing])
    worker.receive(stop)
    await end(true)
  })

  it.each([true, false])('tells of all that begins where the process before it has crashed: %s', async isAfterCrash => {
    let begins: Witness['begins'] = () => undefined
    loading = Promise.resolve({
      description,
      prepare(_, witness) {
        begins = witness.begins
        return runner
      },
    })
    worker.receive({ type: 'suspicion', suspicion: { ...suspicion, isAfterCrash } })
    await run()
    runner.busy = [{ ...at, lastOffset: 17, forMs: 0 }]
    const before = said.length
    for (let count = 0; count < 5; count++) void begins(false)
    expect(said.length - before).toBe(isAfterCrash ? 5 : 1)
    worker.receive(stop)
    await end(true)
  })

  it('tells of all that begins where that is said only as it may join', async () => {
    let begins: Witness['begins'] = () => undefined
    loading = Promise.resolve({
      description,
      prepare(_, witness) {
        begins = witness.begins
        return runner
      },
    })
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive({ ...configure, join: false })
    runner.initialized.resolve()
    await turn()
    worker.receive({ type: 'suspicion', suspicion })
    worker.receive({ type: 'join' })
    await turn()
    expect(runner.suspicions.at(-1)).toEqual(suspicion)
    runner.busy = [{ ...at, lastOffset: 17, forMs: 0 }]
    const before = said.length
    for (let count = 0; count < 3; count++) void begins(false)
    expect(said.length - before).toBe(3)
    worker.receive(stop)
    await end(true)
  })

  it('tells who has survived, and resolves when that is on its way', async () => {
    let survived: Witness['survived'] = async () => {}
    const flushed = deferred()
    const patient = new Worker({
      load: async () => ({
        description,
        prepare: (_, witness) => {
          survived = witness.survived
          return runner
        },
      }),
      send: message => said.push(message),
      flush: () => flushed.promise,
      bus,
      clock,
    })
    patient.receive({ type: 'load', plan })
    await turn()
    patient.receive(configure)
    await turn()
    let isKnown = false
    void survived({ ...at, lastOffset: 18 }).then(() => {
      isKnown = true
    })
    expect(said.at(-1)).toEqual({ type: 'survived', ...at, lastOffset: 18 })
    await turn()
    expect(isKnown).toBe(false)
    flushed.resolve()
    await turn()
    expect(isKnown).toBe(true)
  })
})

describe('a worker that is told what is quiet', () => {
  const quiet = { all: false, except: ['greetings/3'] }

  it('before it is configured keeps to it from its first message on', async () => {
    worker.receive({ type: 'load', plan })
    worker.receive({ type: 'quiet', quiet })
    // Nothing can have been given up by then.
    worker.receive({ type: 'resume', partitions: [] })
    await turn()
    worker.receive(configure)
    runner.initialized.resolve()
    await turn()
    expect(runner.quiets).toEqual([quiet])
    expect(runner.calls).toEqual(['initialize', 'start'])
    worker.receive({ type: 'resume', partitions: ['greetings/3'] })
    expect(runner.calls).toEqual(['initialize', 'start', 'resume greetings/3'])
    worker.receive(stop)
    await end(true)
  })

  it('while its instance is made keeps to it as well', async () => {
    const made = deferred<Driven>()
    loading = Promise.resolve({ description, prepare: () => made.promise })
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive(configure)
    worker.receive({ type: 'quiet', quiet })
    made.resolve(runner)
    await turn()
    expect(runner.quiets).toEqual([quiet])
    runner.initialized.resolve()
    worker.receive(stop)
    await end(true)
  })

  it('while it runs, and told to go on, does what was said last', async () => {
    await run()
    worker.receive({ type: 'quiet', quiet })
    worker.receive({ type: 'quiet', quiet: { all: false, except: [] } })
    expect(runner.quiets.slice(-2)).toEqual([quiet, { all: false, except: [] }])
    worker.receive(stop)
    await end(true)
  })
})

describe('a worker that is asked for a report', () => {
  it('tells what each of its partitions is doing, and what it costs', async () => {
    await run()
    worker.receive({ type: 'report' })
    expect(said.at(-1)).toEqual({ type: 'report', lanes: [lane], beatAgoMs: 500, usage: expect.anything() })
    expect((said.at(-1) as Report).usage.memoryBytes).toBeGreaterThan(2 ** 20)
    worker.receive(stop)
    expect(await end(true)).toBe(0)
  })

  it('has nothing to tell before it runs', async () => {
    worker.receive({ type: 'report' })
    expect(said).toEqual([{ type: 'report', lanes: [], beatAgoMs: null, usage: expect.anything() }])
    worker.receive(stop)
    expect(await worker.done).toBe(0)
  })
})

describe('a worker that cannot run', () => {
  it.each([
    [new RacecarError('CONSUMER_NOT_FOUND', 'There is no consumer Welcome.'), 78],
    [new RacecarError('LOAD_FAILED', 'boom'), 1],
    [new Error('boom'), 1],
  ])('refuses with the words, the cure and the exit code of the error: %s', async (error, exitCode) => {
    loading = Promise.reject(error)
    worker.receive({ type: 'load', plan })
    expect(await worker.done).toBe(exitCode)
    expect(said).toEqual([
      {
        type: 'refused',
        error: expect.objectContaining({ message: error.message }),
        exitCode,
        cure: expect.any(String),
      },
    ])
    expect(names()).toContain('worker.failed')
  })

  it('refuses when its constructor throws', async () => {
    loading = Promise.resolve({
      description,
      prepare: () => Promise.reject(new RacecarError('START_FAILED', 'the constructor failed')),
    })
    await run()
    expect(await worker.done).toBe(1)
    expect(said.at(-1)).toMatchObject({ type: 'refused', exitCode: 1 })
  })

  it('ends with the code of what ended its runner, keeping its place in the group', async () => {
    await run()
    const error = new RacecarError('FENCED', 'another process uses i-0')
    runner.ended.resolve({ error, exitCode: 76 })
    await turn()
    expect(runner.stops).toEqual([{ deadline: 1000, leave: false }])
    expect(await end(true)).toBe(76)
    expect(events.find(({ name }) => name === 'worker.failed')).toMatchObject({
      data: { error: { message: error.message } },
    })
  })
})

describe('fail_fast', () => {
  const error = { name: 'Error', message: 'connect ECONNREFUSED' }
  const unreachable = () => bus.publish('broker.unreachable', { broker: 'localhost:1', error, waitingMs: 3000 })

  const runFast = async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive({ ...configure, config: { ...configure.config, failFast: true } })
    runner.initialized.resolve()
    await turn()
  }

  it('ends a worker with 69 when no broker answers before it was a member', async () => {
    await runFast()
    unreachable()
    unreachable()
    await turn()
    expect(runner.stops).toHaveLength(1)
    expect(await end(true)).toBe(69)
    const told = said.filter(({ type }) => type === 'refused')
    expect(told).toEqual([
      expect.objectContaining({
        error: expect.objectContaining({
          message: 'The broker localhost:1 has not answered for 3 s, and fail_fast is set: connect ECONNREFUSED.',
        }),
      }),
    ])
  })

  it('says what is wrong with certificates', async () => {
    await runFast()
    const tls = { name: 'TlsError', message: 'the certificate of kafka:9093 has expired' }
    bus.publish('broker.unreachable', { broker: 'kafka:9093', error: tls, waitingMs: 0 })
    await turn()
    expect(await end(true)).toBe(69)
    const message =
      'No secure connection to the broker kafka:9093, and fail_fast is set: the certificate of kafka:9093 has expired.'
    expect(said).toContainEqual(
      expect.objectContaining({ type: 'refused', error: expect.objectContaining({ message, code: 'TLS_FAILED' }) }),
    )
  })

  it('ends it with 69 when a topic is missing', async () => {
    await runFast()
    bus.publish('topic.missing', { topic: 'greetings' })
    expect(await end(true)).toBe(69)
  })

  it('is over once it has been a member; and without it everything is waited for', async () => {
    await runFast()
    bus.publish('group.joined', {
      groupId: 'g',
      generation: 1,
      memberId: 'm',
      leader: false,
      durationMs: 5,
      partitions: [],
    })
    unreachable()
    bus.publish('topic.missing', { topic: 'greetings' })
    expect(runner.stops).toEqual([])
    worker.stop(stop)
    expect(await end(true)).toBe(0)
  })

  it('is off unless it is asked for', async () => {
    await run()
    unreachable()
    expect(runner.stops).toEqual([])
    worker.stop(stop)
    expect(await end(true)).toBe(0)
  })
})

describe('a worker whose primary is gone', () => {
  it('drains within shutdown_timeout, leaves, and exits 3', async () => {
    await run()
    worker.orphaned()
    expect(runner.stops).toEqual([{ deadline: 10_000, leave: true }])
    expect(await end(true)).toBe(3)
  })

  it('exits 3 although it gave something up, and although nothing was in hand', async () => {
    await run()
    worker.orphaned()
    expect(await end(false)).toBe(3)
    const idle = new Worker({ load: () => loading, send: () => {}, bus: createBus(), clock })
    idle.orphaned()
    expect(await idle.done).toBe(3)
  })
})

describe('a SIGTERM of a worker’s own', () => {
  it('makes it quiet at once, and after a moment it drains without leaving: a replacement follows', async () => {
    await run()
    worker.terminated('SIGTERM')
    expect(runner.quiets.at(-1)).toEqual({ all: true, except: [] })
    expect(runner.stops).toEqual([])
    await clock.advance(250)
    expect(runner.stops).toEqual([{ deadline: 10_250, leave: false }])
    expect(await end(true)).toBe(0)
  })

  it('keeps it quiet where it came before the runner was there', async () => {
    worker.receive({ type: 'load', plan })
    await turn()
    worker.receive(configure)
    worker.terminated('SIGTERM')
    runner.initialized.resolve()
    await turn()
    expect(runner.quiets).toEqual([{ all: true, except: [] }])
    await clock.advance(250)
    expect(await end(true)).toBe(0)
  })

  it('gives way to the primary that is told to stop in the same moment', async () => {
    await run()
    worker.terminated('SIGTERM')
    await clock.advance(100)
    worker.receive(stop)
    await clock.advance(1000)
    expect(runner.stops).toEqual([{ deadline: 5100, leave: true }])
    expect(await end(true)).toBe(0)
  })
})

describe('an error that nobody caught', () => {
  it('is told, leaves a second for what is in hand, and ends the worker with 1', async () => {
    await run()
    worker.crashed(new TypeError('x is undefined'))
    expect(events.find(({ name }) => name === 'worker.failed')).toMatchObject({
      data: { error: { name: 'TypeError', message: 'x is undefined' } },
    })
    expect(runner.stops).toEqual([{ deadline: 1000, leave: false }])
    expect(await end(true)).toBe(1)
  })

  it('makes a stop under way sooner, and worse', async () => {
    await run()
    worker.receive(stop)
    worker.crashed('a string')
    expect(runner.stops).toEqual([
      { deadline: 5000, leave: true },
      { deadline: 1000, leave: true },
    ])
    expect(await clock.when(worker.done)).toBe(1)
    expect(clock.now()).toBe(1250)
    await clock.advance(10_000)
  })

  it('does not hide what the worker was refused for', async () => {
    loading = Promise.reject(new RacecarError('CONSUMER_INVALID', 'no topic'))
    worker.receive({ type: 'load', plan })
    expect(await worker.done).toBe(78)
    worker.crashed(new Error('afterwards'))
    expect(await worker.done).toBe(78)
  })
})

describe('what observes a worker', () => {
  const closed = deferred()
  let calls: string[]
  const observed = (observe: WorkerParts['observe']) => {
    calls = []
    worker = new Worker({ load: () => loading, send: message => said.push(message), bus, clock, observe: observe! })
  }

  it('is there before anything runs, hears the end, and has told the last of it before the worker is done', async () => {
    let isDone = false
    observed(async setup => {
      calls.push(`for ${setup.groupId}, with ${runner.calls.length} calls`)
      bus.on('worker.stopped', () => calls.push('heard the end'))
      return {
        close() {
          calls.push('closes')
          return closed.promise
        },
      }
    })
    await run()
    void worker.done.then(() => {
      isDone = true
    })
    worker.receive(stop)
    runner.stopped.resolve({ clean: true })
    await turn()
    expect([calls, isDone]).toEqual([[`for ${configure.groupId}, with 0 calls`, 'heard the end', 'closes'], false])
    closed.resolve()
    expect(await worker.done).toBe(0)
  })

  it('holds up the end for half a second at most', async () => {
    observed(async () => ({ close: () => new Promise(() => {}) }))
    await run()
    worker.receive(stop)
    runner.stopped.resolve({ clean: true })
    await clock.advance(500)
    expect(await worker.done).toBe(0)
  })

  it('that comes only after the stop is closed as well', async () => {
    const coming = deferred<{ close(): Promise<unknown> }>()
    observed(() => coming.promise)
    await run()
    worker.receive(stop)
    expect(await worker.done).toBe(0)
    coming.resolve({ close: async () => calls.push('closed') })
    await turn()
    expect(calls).toEqual(['closed'])
  })

  it('that cannot be had ends the worker with its code, before anything runs', async () => {
    observed(async () => {
      throw new RacecarError('CONFIG', 'the package hot-shots is not installed')
    })
    await run()
    expect(await worker.done).toBe(78)
    expect(runner.calls).toEqual([])
    expect(said.at(-1)).toMatchObject({ type: 'refused', exitCode: 78 })
  })
})
