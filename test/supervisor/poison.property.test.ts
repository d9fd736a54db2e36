// One worker after another over partitions in which some messages end whoever handles them, as a worker does that minds what it
// is told: whatever is in hand beside them, and however little the first word says. None but these is found guilty, all of them
// are, and in so many deaths.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { InHand } from '../../src/events/events.ts'
import type { Suspicion } from '../../src/messages.ts'
import { nextWake } from '../../src/supervisor/decide.ts'
import type { Action, SupervisorEvent } from '../../src/supervisor/moves.ts'
import { property } from '../support/property.ts'
import { Steps } from './steps.ts'

const PARTITIONS = 3
const LENGTH = 8
const MOST = 3
const MOST_EARLY = 5

interface Place {
  readonly partition: number
  readonly offset: number
}

const NOTHING: Suspicion = { suspects: [], convicted: [], isAfterCrash: false }

class Life {
  readonly steps = new Steps({ crashLimit: 99, onPoison: 'skip', maxCrashesPerMessage: MOST })
  readonly committed = Array<number>(PARTITIONS).fill(0)
  readonly convicted: string[] = []
  deaths = 0
  /** Of workers that had begun before they heard whom to mind. */
  earlyDeaths = 0
  #position: number[] = []
  #told: Suspicion = NOTHING
  #isEarly = false

  constructor(
    readonly poisons: readonly Place[],
    readonly chance: () => number,
  ) {
    this.#take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    this.#begin()
  }

  get isDone(): boolean {
    return this.committed.every(offset => offset === LENGTH)
  }

  /** Some of what comes next is in hand at once, and all of it ends, or the process does. */
  round(): void {
    this.#pass()
    const fronts = this.#position.flatMap((offset, partition) => (offset < LENGTH ? [{ partition, offset }] : []))
    const alone = fronts.filter(front => this.#suspected(front)?.alone)
    const some = fronts.filter(() => this.chance() < 0.6)
    const inHand = alone.length > 0 ? [alone[Math.floor(this.chance() * alone.length)]!] : some
    this.#say(inHand, alone.length > 0)
    if (inHand.some(one => this.#isPoison(one))) return this.#die()
    for (const one of inHand) this.#end(one)
    if (this.chance() < 0.5) this.#commit()
    if (fronts.length === 0) this.#commit()
  }

  /** Before it is suspected of anything a worker speaks only now and then. */
  #say(inHand: readonly Place[], isAlone: boolean): void {
    if (!this.#told.isAfterCrash && this.#told.suspects.length === 0 && this.chance() < 0.5) return
    const words = inHand.map(({ partition, offset }): InHand => {
      const forMs = Math.floor(this.chance() * 1000)
      const word = { topic: 't', partition, offset, lastOffset: offset, forMs }
      return isAlone ? { ...word, alone: true } : word
    })
    this.#take({ type: 'alive', ...this.#run, inHand: words, more: 0, memoryBytes: 1 })
  }

  #end({ partition, offset }: Place): void {
    this.#position[partition] = offset + 1
    if (!this.#suspected({ partition, offset })) return
    this.#take({ type: 'survived', ...this.#run, topic: 't', partition, offset, lastOffset: offset })
  }

  #commit(): void {
    for (const [partition, offset] of this.#position.entries()) this.committed[partition] = offset
    const offsets = this.committed.map((offset, partition) => ({ topic: 't', partition, offset }))
    this.#take({ type: 'committed', ...this.#run, offsets })
  }

  #die(): void {
    if (this.#isEarly) this.earlyDeaths++
    else this.deaths++
    this.#take({ type: 'exited', ...this.#run, pid: 1, code: null, signal: 'SIGABRT' })
    while (this.steps.state.slots[0]!.state === 'down') {
      this.steps.now = nextWake(this.steps.state)!
      this.#take({ type: 'tick' })
    }
    this.#begin()
  }

  #begin(): void {
    this.#told = NOTHING
    this.#position = [...this.committed]
    this.#isEarly = this.earlyDeaths < MOST_EARLY && this.chance() < 0.2
    this.#take({ type: 'described', ...this.#run })
    this.#take({ type: 'up', ...this.#run, pid: 1 })
  }

  /** What is guilty is skipped. */
  #pass(): void {
    for (const { partition, offset } of this.#told.convicted)
      if (this.#position[partition] === offset) this.#position[partition]++
  }

  #suspected({ partition, offset }: Place) {
    if (this.#isEarly) return undefined
    return this.#told.suspects.find(
      one => one.partition === partition && one.offset <= offset && offset <= one.lastOffset,
    )
  }

  #isPoison({ partition, offset }: Place): boolean {
    return this.poisons.some(poison => poison.partition === partition && poison.offset === offset)
  }

  get #run() {
    return { slot: 0, run: this.steps.run(0) }
  }

  #take(event: SupervisorEvent): void {
    for (const action of this.steps.all(event)) this.#hear(action)
  }

  #hear(action: Action): void {
    if (action.do === 'suspicion') this.#told = action.suspicion
    if (action.do !== 'announce' || action.event.name !== 'message.convicted') return
    this.convicted.push(`${action.event.data.partition}@${action.event.data.offset}`)
  }
}

const place = fc.record({ partition: fc.nat(PARTITIONS - 1), offset: fc.nat(LENGTH - 1) })

it('finds all messages that end their workers, and no other, in a death more than each is allowed', () => {
  const given = fc.record({
    poisons: fc.uniqueArray(place, {
      minLength: 1,
      maxLength: 2,
      selector: ({ partition, offset }) => `${partition}@${offset}`,
    }),
    chances: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  })
  property(given, ({ poisons, chances }) => {
    const life = new Life(poisons, () => chances.next().value)
    for (let rounds = 0; !life.isDone && rounds < 500; rounds++) life.round()
    expect(life.isDone).toBe(true)
    expect(life.convicted.toSorted()).toEqual(
      poisons.map(({ partition, offset }) => `${partition}@${offset}`).toSorted(),
    )
    expect(life.earlyDeaths + life.deaths).toBeGreaterThanOrEqual(poisons.length * MOST)
    expect(life.deaths).toBeLessThanOrEqual(poisons.length * (MOST + 1))
  })
})
