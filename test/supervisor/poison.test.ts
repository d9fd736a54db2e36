import { describe, expect, it } from 'vitest'
import type { Events, InHand } from '../../src/events/events.ts'
import type { ForwardedEvent, Suspicion } from '../../src/messages.ts'
import { decide, nextWake } from '../../src/supervisor/decide.ts'
import type { Action } from '../../src/supervisor/moves.ts'
import type { Policy } from '../../src/supervisor/state.ts'
import { Steps } from './steps.ts'

const at = (offset: number, { partition = 1, lastOffset = offset, forMs = 0, topic = 't' } = {}): InHand => ({
  topic,
  partition,
  offset,
  lastOffset,
  forMs,
})
const alone = (one: InHand): InHand => ({ ...one, alone: true })

/** What a worker minds: `topic/partition@offset`, with a mark where nothing else may be in hand. */
const minds = ({ suspects }: Suspicion): string[] =>
  suspects.map(({ topic, partition, offset, lastOffset, alone }) => {
    const stretch = offset === lastOffset ? `${offset}` : `${offset}…${lastOffset}`
    return `${topic}/${partition}@${stretch}${alone ? ' alone' : ''}`
  })

class Poisoned extends Steps {
  readonly told: ForwardedEvent[] = []

  override take(...[event]: Parameters<Steps['take']>): Action[] {
    const { state, actions } = decide(this.state, event, this.now)
    this.state = state
    for (const action of actions) if (action.do === 'announce') this.told.push(action.event)
    return actions.filter(action => action.do !== 'announce')
  }

  static up(workers: number, changes: Partial<Policy> = {}): Poisoned {
    const steps = new Poisoned(changes)
    steps.take({ type: 'sized', consumer: 'Welcome', workers })
    for (let slot = 0; slot < workers; slot++) steps.comeUp(slot)
    return steps
  }

  /** Its last word, its end, and the replacement. Answers with what that is told before it is configured. */
  dies(
    slot: number,
    inHand: readonly InHand[],
    { more = 0, code = null as number | null } = {},
  ): Suspicion | undefined {
    this.take({ type: 'alive', slot, run: this.run(slot), inHand, more, memoryBytes: 1 })
    this.exit(slot, code, code === null ? 'SIGABRT' : null)
    this.toNextFork(slot)
    const before = this.take({ type: 'described', slot, run: this.run(slot) })
    this.take({ type: 'up', slot, run: this.run(slot), pid: 1000 + this.run(slot) })
    const [first] = before
    return first?.do === 'suspicion' ? first.suspicion : undefined
  }

  toNextFork(slot: number): void {
    while (this.state.slots[slot]!.state === 'down') this.tickAt(nextWake(this.state)!)
  }

  survives(slot: number, one: InHand): Action[] {
    const { topic, partition, offset, lastOffset } = one
    return this.take({ type: 'survived', slot, run: this.run(slot), topic, partition, offset, lastOffset })
  }

  commits(slot: number, offset: number, partition = 1): Action[] {
    return this.take({ type: 'committed', slot, run: this.run(slot), offsets: [{ topic: 't', partition, offset }] })
  }

  ofEvent<N extends ForwardedEvent['name']>(name: N): Events[N][] {
    return this.told.filter(event => event.name === name).map(({ data }) => data as Events[N])
  }

  get convicts(): number[] {
    return (this.state.dockets.Welcome?.convicts ?? []).map(({ offset }) => offset)
  }

  get suspects(): string[] {
    return (this.state.dockets.Welcome?.suspects ?? []).map(({ offset, deaths }) => `${offset}: ${deaths.length}`)
  }
}

describe('a message that ends its workers', () => {
  it('is suspect, then alone, then guilty, in so many words, and its slot begins at nought', () => {
    const steps = Poisoned.up(1)
    expect(steps.dies(0, [at(17)])).toMatchObject({ suspects: [{ offset: 17, alone: false }], isAfterCrash: true })
    expect(minds(steps.dies(0, [at(17)])!)).toEqual(['t/1@17 alone'])
    expect(steps.ofEvent('message.convicted')).toEqual([])
    expect(steps.dies(0, [alone(at(17))])).toEqual({
      suspects: [],
      convicted: [
        { topic: 't', partition: 1, offset: 17, crashes: 3, why: expect.stringContaining('SIGABRT'), follows: 'stop' },
      ],
      isAfterCrash: false,
    })
    expect(steps.ofEvent('message.convicted')).toEqual([
      {
        consumer: 'Welcome',
        topic: 't',
        partition: 1,
        offset: 17,
        crashes: 3,
        whys: Array(3).fill(expect.stringContaining('SIGABRT')),
        follows: 'stop',
      },
    ])
    expect(steps.ofEvent('slot.restarting').at(-1)).toMatchObject({ inMs: 0, crashes: 1 })
  })

  it('may have so many as are allowed, and is guilty even where the slot would have been given up', () => {
    const steps = Poisoned.up(1, { maxCrashesPerMessage: 2, crashLimit: 2 })
    expect(minds(steps.dies(0, [at(17)])!)).toEqual(['t/1@17 alone'])
    steps.dies(0, [alone(at(17))])
    expect(steps.convicts).toEqual([17])
    expect(steps.states()).toEqual(['up'])
  })

  it('goes with its partition: other workers count on, and hear of it at once', () => {
    const steps = Poisoned.up(2)
    steps.dies(0, [at(17)])
    steps.take({ type: 'alive', slot: 1, run: steps.run(1), inHand: [at(17)], more: 0, memoryBytes: 1 })
    const heard = steps.exit(1, null, 'SIGABRT').filter(action => action.do === 'suspicion')
    expect(heard.map(({ slot, suspicion }) => [slot, minds(suspicion)])).toEqual([[0, ['t/1@17 alone']]])
    steps.dies(0, [alone(at(17))])
    expect(steps.convicts).toEqual([17])
  })

  it('is no business of another consumer, though that reads the same topic', () => {
    const steps = Poisoned.up(1)
    steps.take({ type: 'sized', consumer: 'Other', workers: 1 })
    steps.take({ type: 'clear', consumer: 'Other' })
    steps.comeUp(1)
    steps.dies(0, [at(17)])
    steps.dies(0, [at(17)])
    steps.dies(1, [alone(at(17))])
    expect(steps.convicts).toEqual([])
    expect(steps.state.dockets.Other?.suspects).toHaveLength(1)
  })

  it('of a batch is found within it, by what both had in hand', () => {
    const steps = Poisoned.up(1)
    expect(minds(steps.dies(0, [at(0, { lastOffset: 999 })])!)).toEqual(['t/1@0…999'])
    for (let offset = 0; offset < 700; offset++) steps.survives(0, at(offset))
    expect(minds(steps.dies(0, [at(700)])!)).toEqual(['t/1@700 alone'])
    steps.dies(0, [at(650, { lastOffset: 800 })])
    expect(steps.suspects).toEqual(['700: 3'])
    steps.dies(0, [alone(at(700))])
    expect(steps.convicts).toEqual([700])
  })
})

describe('nobody is guilty', () => {
  it.each([
    ['beside another one', [alone(at(17)), at(3, { partition: 2 })], 0],
    ['beside what is not named', [alone(at(17))], 1],
    ['without the word that it was alone', [at(17)], 0],
  ])('%s', (_, last, more) => {
    const steps = Poisoned.up(1, { crashLimit: 9 })
    for (let deaths = 0; deaths < 5; deaths++) steps.dies(0, [at(17)])
    steps.dies(0, last, { more })
    expect(steps.convicts).toEqual([])
    steps.dies(0, [alone(at(17))])
    expect(steps.convicts).toEqual([17])
  })

  it('who was not suspect before, though alone', () => {
    const steps = Poisoned.up(1)
    steps.dies(0, [at(17)])
    steps.dies(0, [alone(at(18))])
    expect(steps.convicts).toEqual([])
    expect(steps.suspects).toEqual(['18: 1'])
  })

  it('of what another one explains: who took long beside it is suspect no more', () => {
    const steps = Poisoned.up(1)
    const slow = at(3, { partition: 2, forMs: 4000 })
    steps.dies(0, [slow, at(17)])
    expect(minds(steps.dies(0, [slow, at(17)])!)).toEqual(['t/1@17 alone', 't/2@3 alone'])
    steps.dies(0, [alone(at(17))])
    expect([steps.convicts, steps.suspects]).toEqual([[17], []])
  })

  it('of what another one explains in part: the rest stays', () => {
    const steps = Poisoned.up(1)
    const slow = at(3, { partition: 2, forMs: 4000 })
    steps.dies(0, [slow])
    steps.dies(0, [slow, at(17)])
    steps.dies(0, [at(17)])
    steps.dies(0, [alone(at(17))])
    expect([steps.convicts, steps.suspects]).toEqual([[17], ['3: 1']])
  })

  it('though it was in hand whenever a worker died, once it has survived alone', () => {
    const steps = Poisoned.up(1)
    const slow = at(3, { partition: 2, forMs: 4000 })
    steps.dies(0, [slow, at(20, { partition: 3 })])
    expect(minds(steps.dies(0, [slow, at(40, { partition: 3 }), at(17)])!)).toEqual(['t/3@40', 't/1@17', 't/2@3 alone'])
    steps.survives(0, slow)
    steps.dies(0, [at(17), at(60, { partition: 3 })])
    steps.dies(0, [alone(at(17))])
    expect([steps.convicts, steps.suspects]).toEqual([[17], []])
  })

  it('for what a recycling, a refusal, a passing outage or a stop ends', () => {
    const steps = Poisoned.up(1, { maxAgeMs: 1000 })
    steps.take({ type: 'alive', slot: 0, run: 1, inHand: [at(17)], more: 0, memoryBytes: 1 })
    steps.tickAt(1000)
    steps.exit(0, 2)
    expect(steps.suspects).toEqual([])
    steps.comeUp(0)
    steps.dies(0, [at(17)], { code: 69 })
    expect(steps.suspects).toEqual([])
    steps.stop()
    steps.take({ type: 'alive', slot: 0, run: steps.run(0), inHand: [at(17)], more: 0, memoryBytes: 1 })
    steps.exit(0, null, 'SIGABRT')
    expect(steps.suspects).toEqual([])
  })
})

describe('a suspect is one no more', () => {
  const suspected = (...some: InHand[]) => {
    const steps = Poisoned.up(2)
    steps.dies(0, some)
    return steps
  }
  const told = (actions: readonly Action[]) =>
    actions.flatMap(action => (action.do === 'suspicion' ? [[action.slot, minds(action.suspicion)]] : []))

  it('when its handler has ended, which all hear', () => {
    const steps = suspected(at(17), at(5, { partition: 2 }))
    expect(told(steps.survives(0, at(17)))).toEqual([
      [0, ['t/2@5']],
      [1, ['t/2@5']],
    ])
    expect(steps.survives(0, at(17))).toEqual([])
  })

  it('as far as they have ended, of a batch, without a word each time', () => {
    const steps = suspected(at(10, { lastOffset: 12 }))
    expect(steps.survives(0, at(10))).toEqual([])
    expect(steps.suspects).toEqual(['11: 1'])
    steps.survives(0, at(11))
    expect(told(steps.survives(0, at(12)))).toEqual([
      [0, []],
      [1, []],
    ])
  })

  it('when the group has passed it', () => {
    const steps = suspected(at(10, { lastOffset: 12 }))
    expect(steps.commits(0, 12)).toEqual([])
    expect(steps.commits(0, 13, 2)).toEqual([])
    expect(told(steps.commits(0, 13))).toHaveLength(2)
    expect(steps.suspects).toEqual([])
  })

  it('when a later one of its partition ends a worker: that was handled after it', () => {
    const steps = suspected(at(17))
    steps.dies(0, [at(20)])
    expect(steps.suspects).toEqual(['20: 1'])
    steps.dies(0, [at(18)])
    expect(steps.suspects, 'not begun yet').toEqual(['18: 1', '20: 1'])
  })

  it('when its slot is healthy again', () => {
    const steps = suspected(at(17))
    const since = steps.now
    const lives = (now: number) => {
      steps.now = now
      return told(steps.take({ type: 'alive', slot: 0, run: steps.run(0), inHand: [], more: 0, memoryBytes: 1 }))
    }
    expect(lives(since + 59_999)).toEqual([])
    expect(lives(since + 60_000)).toHaveLength(2)
    expect(steps.suspects).toEqual([])
  })

  it('but not while it is in hand, as by a handler that never ends: its third worker is its last', () => {
    const steps = suspected(at(17))
    for (const deaths of [2, 3]) {
      const since = steps.now
      const inHand = [deaths === 3 ? alone(at(17)) : at(17)]
      for (const ms of [0, 59_000, 118_000, 330_000]) {
        steps.now = since + ms
        steps.take({ type: 'alive', slot: 0, run: steps.run(0), inHand, more: 0, memoryBytes: 1 })
      }
      expect(steps.suspects).toEqual([`17: ${deaths - 1}`])
      steps.dies(0, inHand, { code: 1 })
    }
    expect(steps.convicts).toEqual([17])
  })

  it('when its topic is another one by now', () => {
    const steps = suspected(at(17), at(1, { topic: 'u' }))
    steps.take({ type: 'remade', slot: 1, run: steps.run(1), topic: 't' })
    expect(steps.suspects).toEqual(['1: 1'])
  })

  it('while it is silent within hang_timeout it stays one, however long that is', () => {
    const steps = Poisoned.up(1, { hangTimeoutMs: 90_000, crashLimit: 9 })
    for (let hangs = 0; hangs < 2; hangs++) {
      steps.take({ type: 'alive', slot: 0, run: steps.run(0), inHand: [at(17)], more: 0, memoryBytes: 1 })
      while (steps.state.slots[0]!.state !== 'killed') steps.tickAt(nextWake(steps.state)!)
      steps.exit(0, null, 'SIGKILL')
      steps.toNextFork(0)
      steps.comeUp(0)
    }
    expect(steps.suspects).toEqual(['17: 2'])
  })
})

describe('a conviction', () => {
  function convicted(changes: Partial<Policy> = {}): Poisoned {
    const steps = Poisoned.up(1, changes)
    steps.dies(0, [at(17)])
    steps.dies(0, [at(17)])
    steps.dies(0, [alone(at(17))])
    return steps
  }

  it('is said again while the partition stands, every five minutes', () => {
    const steps = convicted()
    const since = steps.now
    for (let minutes = 1; minutes <= 11; minutes++) steps.tickAt(since + minutes * 60_000)
    expect(steps.ofEvent('partition.stopped').map(({ offset, forMs }) => [offset, forMs])).toEqual([
      [17, 300_000],
      [17, 600_000],
    ])
    expect(nextWake(steps.state)).toBeLessThanOrEqual(since + 900_000)
  })

  it.each(['skip', 'dead-letter'] as const)('by which nothing stands is said once: %s', onPoison => {
    const steps = convicted({ onPoison })
    expect(steps.ofEvent('message.convicted')).toMatchObject([{ follows: onPoison }])
    steps.tickAt(steps.now + 3_600_000)
    expect(steps.ofEvent('partition.stopped')).toEqual([])
    expect(steps.convicts).toEqual([17])
    steps.commits(0, 18)
    expect(steps.convicts).toEqual([])
  })

  it('stands where its topic is itself one of dead letters', () => {
    const steps = convicted({ onPoison: 'dead-letter', deadLetterTopic: 't' })
    expect(steps.ofEvent('message.convicted')).toMatchObject([{ follows: 'stop' }])
    steps.tickAt(steps.now + 301_000)
    expect(steps.ofEvent('partition.stopped')).toHaveLength(1)
  })

  it.each([
    ['its partition', ['t/1'], ['Welcome']],
    ['all', [], ['Welcome']],
  ])('ends when somebody lets %s go on, and is told to all', (_, partitions, consumers) => {
    const steps = convicted()
    const goOn = (some: string[], of = consumers) =>
      steps.take({ type: 'quiet', isQuiet: false, by: 'racecarctl', consumers: of, partitions: some })
    const resume = (some: string[]) => ({ do: 'resume', slot: 0, run: steps.run(0), partitions: some })
    expect(goOn(['t/2'])).toEqual([resume(['t/2'])])
    expect(goOn(partitions, ['Other'])).toEqual([])
    const [action] = goOn(partitions)
    expect(action).toMatchObject({ do: 'suspicion', slot: 0, suspicion: { suspects: [], convicted: [] } })
    const of = { consumer: 'Welcome', topic: 't', partition: 1, offset: 17 }
    expect(steps.ofEvent('message.pardoned')).toEqual([{ ...of, by: 'racecarctl' }])
    steps.dies(0, [alone(at(17))])
    expect([steps.convicts, steps.suspects], 'as if for the first time').toEqual([[], ['17: 1']])
  })

  it('is not ended by the word to go on that comes with a stop', () => {
    const steps = convicted()
    steps.stop()
    steps.take({ type: 'quiet', isQuiet: false, by: 'SIGCONT', consumers: ['Welcome'], partitions: [] })
    expect(steps.ofEvent('message.pardoned')).toEqual([])
  })

  it('is not ended by quiet, and stands beside another one of its partition', () => {
    const steps = convicted({ onPoison: 'skip' })
    steps.take({ type: 'quiet', isQuiet: true, by: 'racecarctl', consumers: ['Welcome'], partitions: [] })
    steps.dies(0, [at(20)])
    steps.dies(0, [at(20)])
    steps.dies(0, [alone(at(20))])
    expect(steps.convicts).toEqual([17, 20])
    steps.commits(0, 18)
    expect(steps.convicts).toEqual([20])
  })
})
