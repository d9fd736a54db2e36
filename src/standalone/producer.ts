// A producer for any program: queues, and says of each message whether it is stored to whoever waits for that. What reaches Kafka is
// loaded when something is produced for the first time. It keeps the process alive only while something is on its way.

import { AsyncLocalStorage } from 'node:async_hooks'
import { checkProduce, type ProduceTo, type ProduceValue } from '../consumer/outlet.ts'
import type { OutgoingRecord, ProduceError } from '../engine/engine.ts'
import { isRacecarError, RacecarError } from '../errors.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import { reasonOf } from '../lib/reason.ts'
import { encode } from '../producer/encode.ts'
import { type Stored, standIn, surroundings, type Unsettled } from '../producer/surroundings.ts'
import type { Line, LineEvents, OpenLine, ProducerOptions } from './port.ts'
import { Nobody, One, Several, type Waiting } from './waiting.ts'

export interface Producer extends AsyncDisposable {
  /** Queues a message and returns at once. Throws a TypeError for what cannot be sent; a failure later is told to `onError`. */
  produceAsync(value: ProduceValue, to: ProduceTo): void
  /** Resolves when all replicas in sync have the message. Rejects with MessageDeliveryError, or what is wrong with the options (CONFIG). */
  produceSync(value: ProduceValue, to: ProduceTo): Promise<Stored>
  /**
   * Runs the callback and resolves to what it returns when everything that it has queued by produceAsync is stored. Rejects with the
   * first failure, which says how many there are, after all are settled; or at once with what the callback throws.
   */
  waitForDelivery<T>(callback: () => T | Promise<T>): Promise<T>
  /** Resolves when everything queued is stored or given up and the connections are closed. Nothing can be produced any more. */
  close(): Promise<void>
}

const openLine: OpenLine = async (options, events) => (await import('./line.ts')).openLine(options, events)

/** Messages that somebody waits for. */
interface Crowd {
  readonly left: Set<OutgoingRecord>
  readonly gone: Deferred<void>
}

export class StandaloneProducer implements Producer, Unsettled {
  readonly #options: ProducerOptions
  readonly #open: OpenLine
  readonly #scopes = new AsyncLocalStorage<Several>()
  readonly #nobody: Nobody
  readonly #waiting = new Map<OutgoingRecord, Waiting>()
  /** Not handed on yet. */
  readonly #early: OutgoingRecord[] = []
  #line: Line | 'none' | 'opening' = 'none'
  #isClosed = false
  #alive: NodeJS.Timeout | undefined
  readonly #crowds = new Set<Crowd>()

  constructor(options: ProducerOptions = {}, open: OpenLine = openLine) {
    this.#options = options
    this.#open = open
    this.#nobody = new Nobody((error, count) => tellerOf(options)(error, count))
  }

  produceAsync(value: ProduceValue, to: ProduceTo): void {
    checkProduce(value, to)
    const scope = this.#scopes.getStore()
    if (!scope?.isTaking) return this.#produce(value, to, this.#nobody)
    scope.take()
    try {
      this.#produce(value, to, scope)
    } catch (error) {
      scope.stored()
      throw error
    }
  }

  async produceSync(value: ProduceValue, to: ProduceTo): Promise<Stored> {
    checkProduce(value, to)
    mustNotLoad('produceSync')
    const one = new One()
    this.#produce(value, to, one)
    return one.done
  }

  async waitForDelivery<T>(callback: () => T | Promise<T>): Promise<T> {
    mustNotLoad('waitForDelivery')
    const scope = new Several(this.#nobody)
    let result: T
    try {
      result = await this.#scopes.run(scope, callback)
    } catch (error) {
      scope.leave()
      throw error
    }
    await scope.settled()
    return result
  }

  get unsettled(): number {
    return this.#waiting.size
  }

  async settled(): Promise<void> {
    if (this.#waiting.size === 0) return
    // What comes later is not waited for: it might never end.
    const crowd: Crowd = { left: new Set(this.#waiting.keys()), gone: deferred() }
    this.#crowds.add(crowd)
    await crowd.gone.promise
    this.#crowds.delete(crowd)
  }

  async close(): Promise<void> {
    if (this.#waiting.size > 0) mustNotLoad('close')
    this.#isClosed = true
    await this.settled()
    if (typeof this.#line === 'object') this.#line.close()
    this.#line = 'none'
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #produce(value: ProduceValue, to: ProduceTo, waiting: Waiting): void {
    const inPlace = standIn()
    if (this.#isClosed) throw new RacecarError('DELIVERY_FAILED', 'the producer is closed')
    const record = encode(value, to)
    if (inPlace) {
      Promise.resolve(inPlace(value, to)).then(
        at => waiting.stored(at),
        (error: ProduceError) => waiting.lost({ record, error }),
      )
      return
    }
    if (typeof this.#line === 'object') this.#line.send(record)
    else this.#early.push(record)
    this.#waiting.set(record, waiting)
    this.#live()
    if (this.#line === 'none') void this.#connect()
  }

  async #connect(): Promise<void> {
    this.#line = 'opening'
    const onSettled: LineEvents['onSettled'] = (record, error, at) =>
      this.#ended(record, waiting => (error ? waiting.lost({ record, error }) : waiting.stored(at!)))
    try {
      this.#line = await this.#open(this.#options, { onSettled })
    } catch (cause) {
      // The next message tries again: a file may have been mended.
      this.#line = 'none'
      return this.#loseEarly(cause)
    }
    try {
      for (; this.#early.length > 0; this.#early.shift()) this.#line.send(this.#early[0]!)
    } catch (cause) {
      // Before there was a line, nobody has counted what is queued.
      this.#loseEarly(cause)
    }
  }

  #loseEarly(cause: unknown): void {
    const error = isRacecarError(cause) ? cause : new RacecarError('LOAD_FAILED', reasonOf(cause), { cause })
    for (const record of this.#early.splice(0)) this.#ended(record, waiting => waiting.lost(error))
  }

  #ended(record: OutgoingRecord, tell: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(record)
    this.#waiting.delete(record)
    if (waiting) tell(waiting)
    for (const { left, gone } of this.#crowds) if (left.delete(record) && left.size === 0) gone.resolve()
    if (this.#waiting.size === 0) this.#rest()
  }

  /** Sockets and timers of what is on its way keep no process alive: this does. */
  #live(): void {
    this.#alive ??= setInterval(() => {}, LONG_MS)
    surroundings().unsettled.add(this)
  }

  #rest(): void {
    clearInterval(this.#alive)
    this.#alive = undefined
    surroundings().unsettled.delete(this)
  }
}

const LONG_MS = 2 ** 30

/** The loading would wait for what waits for its end. */
function mustNotLoad(call: string): void {
  if (standIn() || !surroundings().worker?.isLoading) return
  throw new RacecarError(
    'CONFIG',
    `${call}() cannot be awaited while a worker loads its modules: it has no options before. Use produceAsync() there, or initialize() of the consumer.`,
  )
}

function tellerOf({ onError }: ProducerOptions): (error: RacecarError, count: number) => void {
  if (onError) return guarded(onError)
  const { worker } = surroundings()
  if (!worker) return error => console.error(`racecar: ${error.message}`)
  return (error, count) => {
    const { name, message, code, stack } = error
    worker.bus.publish('delivery.failed', { count, error: { name, message, code, stack } })
  }
}

/** What it throws hurts nothing else, and is told. */
function guarded(onError: (error: RacecarError) => void): (error: RacecarError) => void {
  return error => {
    try {
      onError(error)
    } catch (thrown) {
      console.error(`racecar: onError failed: ${reasonOf(thrown)}`)
    }
  }
}
