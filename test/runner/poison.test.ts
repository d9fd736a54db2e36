// What a runner does with messages that may end it, and with those that are known to: alone, never begun, skipped, or sent on.

import { expect, test } from 'vitest'
import type { Message } from '../../src/consumer/message.ts'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import type { Convicted, Suspected, Suspicion } from '../../src/messages.ts'
import { ByHand, type Hooks, p, produceError, Rig, type RigOptions, TOPIC, values } from './rig.ts'

const suspect = (partition: number, offset: number, changes: Partial<Suspected> = {}): Suspected => ({
  topic: TOPIC,
  partition,
  offset,
  lastOffset: offset,
  alone: false,
  ...changes,
})
const alone = (partition: number, offset: number): Suspected => suspect(partition, offset, { alone: true })

const guilty = (offset: number, follows: Convicted['follows'], partition = 0): Convicted => ({
  topic: TOPIC,
  partition,
  offset,
  crashes: 3,
  why: 'was ended by SIGABRT',
  follows,
})

const suspicion = (suspects: readonly Suspected[], convicted: readonly Convicted[] = []): Suspicion => ({
  suspects,
  convicted,
  isAfterCrash: false,
})

const name = ({ partition, offset }: { partition: number; offset: number }) => `${partition}@${offset}`

/** Started with partitions, and with what it is told of before it has any; notes what its witness hears. */
async function watched(
  hooks: Hooks,
  told: Suspicion,
  { partitions = 2, ...options }: RigOptions & { partitions?: number } = {},
) {
  const heard: string[] = []
  const flushes: Deferred<void>[] = []
  let isSlow = false
  const witness = {
    begins: (isPrompt: boolean) => {
      const inHand = rig.runner.inHand().map(one => `${name(one)}${one.alone ? ' alone' : ''}`)
      heard.push(`${inHand.join(' ')}${isPrompt ? '!' : ''}`)
      return undefined
    },
    survived: ({ partition, offset, lastOffset }: { partition: number; offset: number; lastOffset: number }) => {
      heard.push(`survived ${partition}@${offset}${lastOffset === offset ? '' : `…${lastOffset}`}`)
      const flush = deferred<void>()
      flushes.push(flush)
      if (!isSlow) flush.resolve()
      return flush.promise
    },
  }
  const rig: Rig = new Rig(hooks, { ...options, witness })
  rig.runner.suspect(told)
  await rig.runner.initialize()
  await rig.runner.start()
  rig.engine.assign(...Array.from({ length: partitions }, (_, partition) => p(partition)))
  const beSlow = () => {
    isSlow = true
  }
  return { rig, heard, flushes, beSlow }
}

const byHand = () => {
  const hand = new ByHand()
  return { hand, process: (m: Message, c: { signal: AbortSignal }) => hand.call(name(m), c) }
}

test('of a suspect it is told at once that it begins, and that it has ended; of others as ever', async () => {
  const { hand, process } = byHand()
  const { rig, heard } = await watched({ process }, suspicion([suspect(0, 1)]))
  rig.engine.append(p(0), values(3))
  rig.engine.append(p(1), values(1))
  for (let round = 0; round < 3; round++) {
    await rig.settle()
    hand.end(hand.given.indexOf(`0@${round}`))
  }
  await rig.settle()
  expect(heard).toEqual(['0@0!', '0@0 1@0', '0@1 1@0!', 'survived 0@1', '0@2 1@0'])
})

test('nothing begins before it is known what has begun, where that is to be known; but a primary that hears nothing stops nobody', async () => {
  const heard: Deferred<void>[] = []
  const begins = () => {
    heard.push(deferred())
    return heard.at(-1)!.promise
  }
  const rig = await Rig.started({ process: () => {} }, { witness: { begins }, partitions: 2 })
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(2))
  for (const begun of [1, 2]) {
    await rig.settle()
    expect(heard).toHaveLength(begun)
    heard.at(-1)!.resolve()
  }
  await rig.settle()
  expect(heard).toHaveLength(3)
  await rig.clock.advance(99)
  expect(heard).toHaveLength(3)
  await rig.clock.advance(1)
  expect(heard).toHaveLength(4)
})

test('a suspect that fails has survived as well, and is tried again as ever', async () => {
  let calls = 0
  const process = () => {
    if (++calls === 1) throw new Error('told to fail')
  }
  const { rig, heard } = await watched({ process }, suspicion([alone(0, 0)]), { partitions: 1 })
  rig.engine.append(p(0), values(2))
  await rig.settle()
  expect(heard).toEqual(['0@0 alone!', 'survived 0@0'])
  rig.runner.suspect(suspicion([]))
  await rig.clock.advance(10_000)
  expect(heard.slice(2)).toEqual(['0@0', '0@1'])
})

test('one that must be alone begins when nothing else is in hand, and nothing begins before its end is known', async () => {
  const { hand, process } = byHand()
  const { rig, heard, flushes, beSlow } = await watched({ process }, suspicion([]), { partitions: 3 })
  beSlow()
  for (const partition of [1, 2]) rig.engine.append(p(partition), values(2))
  await rig.settle()
  rig.runner.suspect(suspicion([alone(0, 0)]))
  rig.engine.append(p(0), values(2))
  await rig.settle()
  hand.end(0)
  await rig.clock.advance(5000)
  expect(hand.given).toEqual(['1@0', '2@0'])
  hand.end(1)
  await rig.settle()
  expect(hand.given).toEqual(['1@0', '2@0', '0@0'])
  expect(heard.at(-1)).toBe('0@0 alone!')
  hand.end(2)
  await rig.clock.advance(5000)
  expect(heard.at(-1)).toBe('survived 0@0')
  expect(hand.given).toHaveLength(3)
  flushes[0]!.resolve()
  await rig.settle()
  expect(hand.given.slice(3).toSorted()).toEqual(['0@1', '1@1', '2@1'])
})

test('of several that must be alone the likeliest goes first, though it is fetched a little later', async () => {
  const { hand, process } = byHand()
  const { rig } = await watched({ process }, suspicion([alone(1, 0), alone(0, 0)]), { partitions: 3 })
  rig.engine.append(p(2), values(1))
  await rig.settle()
  hand.end()
  await rig.settle()
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(100)
  rig.engine.append(p(1), values(1))
  for (let round = 0; round < 2; round++) {
    await rig.clock.advance(1000)
    hand.end()
  }
  await rig.settle()
  expect(hand.given).toEqual(['2@0', '1@0', '0@0'])
})

test('before one that must be alone all that was handled is committed, however long that could have waited', async () => {
  const { hand, process } = byHand()
  const { rig } = await watched(
    { process: (m, c) => (m.partition === 1 ? undefined : process(m, c)) },
    suspicion([alone(0, 0)]),
    { config: { offsetCommitInterval: 60 } },
  )
  const commits: (() => void)[] = []
  rig.engine.onCommit = offsets =>
    new Promise(resolve => {
      commits.push(() => resolve(offsets.map(() => 'committed')))
    })
  rig.engine.append(p(1), values(3))
  await rig.settle()
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(1000)
  expect([hand.given, commits.length]).toEqual([[], 1])
  commits[0]!()
  await rig.clock.advance(100)
  expect(rig.engine.committed(p(1))).toBe(3)
  expect(hand.given).toEqual(['0@0'])
})

test('the likeliest that is not here is not waited for', async () => {
  const { hand, process } = byHand()
  const { rig } = await watched({ process }, suspicion([alone(7, 0), alone(0, 0)]))
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(1000)
  expect(hand.given).toEqual(['0@0'])
})

test.each([
  ['its partition goes', (rig: Rig) => rig.engine.lose(p(0))],
  ['nobody suspects it any more', (rig: Rig) => rig.runner.suspect(suspicion([]))],
  ['its partition is to be quiet', (rig: Rig) => rig.runner.quiet({ all: false, except: [`${TOPIC}/0`] })],
])('one that waits to be alone holds up nobody when %s', async (_, happens) => {
  const { hand, process } = byHand()
  const { rig } = await watched({ process }, suspicion([]), { partitions: 3 })
  rig.engine.append(p(1), values(1))
  await rig.settle()
  rig.runner.suspect(suspicion([alone(0, 0)]))
  rig.engine.append(p(0), values(1))
  await rig.settle()
  rig.engine.append(p(2), values(1))
  await rig.settle()
  expect(hand.given).toEqual(['1@0'])
  happens(rig)
  hand.end(0)
  await rig.clock.advance(1000)
  expect(hand.given).toContain('2@0')
})

test('alone is alone with serial as well, and among handlers that return at once', async () => {
  const { hand, process } = byHand()
  const { rig, heard } = await watched(
    { process: (m, c) => (m.partition === 1 ? undefined : process(m, c)) },
    suspicion([alone(0, 1), alone(1, 3)]),
    { config: { serial: true } },
  )
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(5))
  for (let round = 0; round < 5; round++) {
    await rig.clock.advance(1000)
    hand.end()
  }
  await rig.clock.advance(1000)
  expect(hand.given).toEqual(['0@0', '0@1', '0@2', '0@3', '0@4'])
  expect(heard.filter(one => one.includes('alone'))).toEqual(['0@1 alone!', '1@3 alone!'])
  expect(rig.engine.committed(p(1))).toBe(5)
})

test('a stop while one waits to be alone, or is, is clean', async () => {
  for (const isWaiting of [true, false]) {
    const { hand, process } = byHand()
    const { rig } = await watched({ process }, suspicion([alone(0, 0)]))
    if (isWaiting) rig.engine.append(p(1), values(1))
    await rig.settle()
    rig.engine.append(p(0), values(1))
    await rig.clock.advance(1000)
    const stopped = rig.stop()
    hand.end()
    expect(await rig.clock.when(stopped)).toEqual({ clean: true })
    expect(hand.given).toEqual([isWaiting ? '1@0' : '0@0'])
    expect(rig.clock.pending).toBe(0)
  }
})

test('a batch holds one message until what is suspect of its partition is passed; other partitions have theirs', async () => {
  const batches: string[] = []
  const processBatch = (all: readonly Message[]) =>
    void batches.push(`${name(all[0]!)}${all.length > 1 ? `×${all.length}` : ''}`)
  const { rig } = await watched({ processBatch }, suspicion([suspect(0, 1, { lastOffset: 2 })]), {
    config: { fetchMessages: 3, maxWaitTime: 1 },
  })
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(6))
  await rig.clock.advance(2000)
  expect(batches.toSorted()).toEqual(['0@0', '0@1', '0@2', '0@3×3', '1@0×3', '1@3×3'])
})

test('a batch that failed is tried singly once one of it is suspect', async () => {
  const batches: number[] = []
  let isBad = true
  const processBatch = (all: readonly Message[]) => {
    batches.push(all.length)
    if (isBad) throw new Error('told to fail')
  }
  const { rig } = await watched({ processBatch }, suspicion([]), { partitions: 1, config: { fetchMessages: 3 } })
  rig.engine.append(p(0), values(6))
  await rig.settle()
  isBad = false
  rig.runner.suspect(suspicion([suspect(0, 0)]))
  await rig.clock.advance(10_000)
  await rig.clock.advance(10_000)
  expect(batches).toEqual([3, 1, 3, 2])
  expect(rig.engine.committed(p(0))).toBe(6)
})

test('stop: what lies before the message is handled and committed, it and what follows is not, and the others flow', async () => {
  const seen: string[] = []
  const { rig } = await watched({ process: m => void seen.push(name(m)) }, suspicion([], [guilty(2, 'stop')]))
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(4))
  await rig.clock.advance(1000)
  expect(seen.toSorted()).toEqual(['0@0', '0@1', '1@0', '1@1', '1@2', '1@3'])
  expect([rig.engine.committed(p(0)), rig.engine.committed(p(1))]).toEqual([2, 4])
  const why = 'poison: the message at 2 has ended 3 workers, the last one was ended by SIGABRT'
  expect(rig.runner.snapshot().lanes).toMatchObject([
    { partition: 0, state: 'paused', pausedForMs: null, why, position: 2 },
    { partition: 1, state: 'waiting', why: null },
  ])
  rig.runner.suspect(suspicion([]))
  await rig.clock.advance(1000)
  expect(rig.engine.committed(p(0))).toBe(4)
  expect(rig.runner.snapshot().lanes).toMatchObject([{ why: null, state: 'waiting' }, {}])
})

test('stop: it stands wherever the partition goes, and a stop is clean', async () => {
  const seen: string[] = []
  const { rig } = await watched({ process: m => void seen.push(name(m)) }, suspicion([], [guilty(0, 'stop', 5)]))
  rig.engine.append(p(5), values(2))
  rig.engine.assign(p(5))
  await rig.clock.advance(60_000)
  expect(seen).toEqual([])
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
})

test('a message that is not in the log any more stops nothing', async () => {
  const seen: string[] = []
  const { rig } = await watched({ process: m => void seen.push(name(m)) }, suspicion([], [guilty(0, 'stop')]))
  rig.engine.append(p(0), values(3))
  rig.engine.assign({ ...p(0), offset: 1 })
  await rig.clock.advance(1000)
  expect(seen).toEqual(['0@1', '0@2'])
})

test('skip: it is passed without its handler, with a line, and committed', async () => {
  const seen: string[] = []
  const { rig } = await watched({ process: m => void seen.push(name(m)) }, suspicion([], [guilty(1, 'skip')]))
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(1000)
  expect(seen).toEqual(['0@0', '0@2'])
  expect(rig.engine.committed(p(0))).toBe(3)
  expect(rig.of('message.skipped')).toEqual([{ ...p(0), offset: 1, reason: 'crashes', times: 3 }])
})

test('dead-letter: it is stored whole, and committed only then; meanwhile its partition waits and says so', async () => {
  const seen: string[] = []
  const { rig } = await watched({ process: m => void seen.push(name(m)) }, suspicion([], [guilty(1, 'dead-letter')]))
  let isThere = false
  rig.engine.onProduce = records => records.map(() => (isThere ? undefined : produceError('no such topic', true)))
  for (const partition of [0, 1]) rig.engine.append(p(partition), values(3))
  await rig.clock.advance(25_000)
  expect(seen.toSorted()).toEqual(['0@0', '1@0', '1@1', '1@2'])
  expect([rig.engine.committed(p(0)), rig.engine.committed(p(1))]).toEqual([1, 3])
  const to = `${TOPIC}.dead-letter`
  expect(rig.of('dead.letter.waiting')).toEqual(
    [5000, 10_000, 15_000, 20_000, 25_000].map(waitingMs => ({ ...p(0), offset: 1, to, waitingMs })),
  )
  isThere = true
  await rig.clock.advance(5000)
  expect(rig.of('message.dead.lettered')).toEqual([{ ...p(0), offset: 1, to, reason: 'crashes', times: 3 }])
  expect(rig.engine.produced).toMatchObject([{ topic: to, value: Buffer.from('v1') }])
  expect(rig.engine.committed(p(0))).toBe(3)
  expect(seen).toContain('0@2')
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.clock.pending).toBe(0)
})

test('dead-letter: its topic is created only where that is allowed, before anything is sent there', async () => {
  for (const createDeadLetterTopic of [true, false]) {
    const suspects = suspicion([], [guilty(0, 'dead-letter')])
    const { rig } = await watched({ process: () => {} }, suspects, { config: { createDeadLetterTopic } })
    let isThere = false
    rig.engine.onCreate = async () => {
      isThere = true
    }
    rig.engine.onProduce = records => records.map(() => (isThere ? undefined : produceError('no such topic', true)))
    rig.engine.append(p(0), values(1))
    await rig.clock.advance(5000)
    expect(rig.engine.created).toEqual(createDeadLetterTopic ? [[`${TOPIC}.dead-letter`, TOPIC]] : [])
    expect(rig.of('dead.letter.waiting')).toHaveLength(createDeadLetterTopic ? 0 : 1)
    expect(rig.engine.committed(p(0)) ?? 0).toBe(createDeadLetterTopic ? 1 : 0)
  }
})

test('dead-letter: why its topic cannot be created is told, and one that somebody else makes will do', async () => {
  const config = { createDeadLetterTopic: true }
  const { rig } = await watched({ process: () => {} }, suspicion([], [guilty(0, 'dead-letter')]), { config })
  let isThere = false
  rig.engine.onCreate = () => Promise.reject(new Error('not allowed'))
  rig.engine.onProduce = records => records.map(() => (isThere ? undefined : produceError('no such topic', true)))
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(5000)
  expect(rig.of('dead.letter.waiting')).toMatchObject([{ why: 'it cannot be created (not allowed).' }])
  isThere = true
  await rig.clock.advance(5000)
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('dead-letter: a stop does not wait for a topic that nobody creates', async () => {
  const config = { createDeadLetterTopic: true }
  const { rig } = await watched({ process: () => {} }, suspicion([], [guilty(0, 'dead-letter')]), { config })
  rig.engine.onCreate = () => new Promise(() => {})
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(1000)
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.engine.produced).toEqual([])
  expect(rig.clock.pending).toBe(0)
})

test('dead-letter: one that may be stored when its partition is revoked is given up, for the next owner stores it', async () => {
  const { rig } = await watched({ process: () => {} }, suspicion([], [guilty(0, 'dead-letter')]))
  rig.engine.onProduce = records => records.map(() => produceError('no answer', true))
  rig.engine.append(p(0), values(1))
  await rig.clock.advance(1000)
  expect(rig.engine.abandoned).toEqual([])
  await rig.clock.when(rig.engine.revoke(p(0)))
  expect(rig.engine.abandoned.map(({ value }) => String(value))).toEqual(values(1))
  rig.engine.onProduce = records => records.map(() => undefined)
  await rig.clock.advance(10_000)
  expect(rig.engine.produced).toEqual([])
})

test('dead-letter: what is refused for good is tried again after a pause like any failure, and nothing is passed', async () => {
  const config = { deadLetterTopic: 'lost', pauseTimeout: 2 }
  const { rig } = await watched({ process: () => {} }, suspicion([], [guilty(0, 'dead-letter')]), { config })
  rig.engine.onProduce = records => records.map(() => produceError('not allowed', false))
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(1000)
  expect(rig.of('message.failed')).toMatchObject([{ ...p(0), offset: 0, attempt: 1, pauseMs: 2000 }])
  expect(rig.errors).toMatchObject([{ info: { topic: TOPIC, partition: 0, offset: 0 } }])
  expect(rig.engine.committed(p(0)) ?? 0).toBe(0)
  rig.engine.onProduce = records => records.map(() => undefined)
  await rig.clock.advance(5000)
  expect(rig.engine.produced.map(({ topic }) => topic)).toEqual(['lost'])
  expect(rig.engine.committed(p(0))).toBe(2)
})

test('a batch consumer’s are dealt with in the same way', async () => {
  const batches: string[] = []
  const processBatch = (all: readonly Message[]) => void batches.push(all.map(name).join(' '))
  const told = suspicion([], [guilty(1, 'skip'), guilty(3, 'dead-letter'), guilty(5, 'stop')])
  const { rig } = await watched({ processBatch }, told, { partitions: 1, config: { fetchMessages: 10 } })
  rig.engine.append(p(0), values(8))
  await rig.clock.advance(2000)
  expect(batches).toEqual(['0@0', '0@2', '0@4'])
  expect(rig.engine.committed(p(0))).toBe(5)
  expect(rig.engine.produced).toHaveLength(1)
})
