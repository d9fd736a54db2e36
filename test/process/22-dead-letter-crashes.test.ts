import { expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { brokers } from '../support/broker.ts'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { exactly, now, where } from '../support/ledger.ts'
import { lossesOf } from '../support/membership.ts'
import { Api, KafkaProxy, type Verdict } from '../support/proxy.ts'
import { millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

const STEPS = ['before it is sent', 'before its ack', 'before the commit', 'after the commit'] as const
type Step = (typeof STEPS)[number]

/** Until it is released, what stands at this step stands; `reached` resolves when it does. */
function hold(proxy: KafkaProxy, step: Step) {
  const reached = deferred<void>()
  const released = deferred<Verdict>()
  let isStored = false
  const stand = () => {
    reached.resolve()
    return released.promise
  }
  proxy.onRequest = ({ apiKey }) => {
    if (apiKey === Api.Produce && step === 'before it is sent') return stand()
    return apiKey === Api.OffsetCommit && isStored && step === 'before the commit' ? stand() : undefined
  }
  proxy.onResponse = ({ apiKey }) => {
    if (apiKey === Api.Produce && step === 'before its ack') return stand()
    if (apiKey === Api.OffsetCommit && isStored && step === 'after the commit') return stand()
    if (apiKey === Api.Produce) isStored = true
    return undefined
  }
  const release = () => {
    proxy.onRequest = undefined
    proxy.onResponse = undefined
    // Nothing of the dead comes through any more; another worker that stood here with it connects anew.
    released.resolve('cut')
  }
  return { reached: reached.promise, release }
}

const GIVEN_UP = {
  'its errors': {
    order: { do: 'throw' },
    args: ['--retry-times', '1', '--retry-then', 'dead-letter', '--pause-timeout', '0.1'],
  },
  'its crashes': {
    order: { do: 'abort', ms: 150 },
    args: ['--max-crashes-per-message', '2', '--on-poison', 'dead-letter', '--restart-backoff-max', '0.5'],
  },
} as const satisfies Record<string, { order: Partial<Order>; args: string[] }>

test.each(Object.keys(GIVEN_UP).flatMap(cause => STEPS.map(step => [cause as keyof typeof GIVEN_UP, step] as const)))(
  'given up for %s, and its worker killed %s: stored at least once, never handled as if it were well, and nothing else is lost',
  async (cause, step) => {
    await using proxy = await KafkaProxy.before(await brokers())
    await using scenario = await Scenario.open('letter-crash', { address: proxy.address, partitions: 4 })
    const { topics, topic, ledger } = scenario
    const to = await topics.createNamed(`${topic}.dead-letter`)
    const { order, args } = GIVEN_UP[cause]
    const racecar = scenario.racecar({ workers: 2, args: [...PATIENT, ...args] })
    await scenario.served()
    const load = scenario.load({ everyMs: 100 })
    await scenario.flows()

    const { reached, release } = hold(proxy, step)
    const [guilty] = await scenario.send([order], { partition: 0 })
    letGo(scenario, [guilty!])
    await reached
    if (step === 'after the commit')
      await scenario.until('the commit', async () => (await scenario.committed()).get(where(guilty!))! > guilty!.offset)
    const at = now()
    const others = scenario.everywhere.filter(one => one !== where(guilty!))
    await scenario.until('the others flowing', () => {
      const moving = new Set(ledger.handlings.filter(({ start, end }) => start > at && end !== undefined).map(where))
      return others.every(one => moving.has(one))
    })
    const [pid] = [...sharesOf(racecar)].find(([, share]) => share.includes(where(guilty!)))!
    await scenario.kill(pid)
    release()
    await load.stop()
    await scenario.handledAll()
    await scenario.committedAll()
    const letters = await lettersIn(scenario, to)
    print(`row 22, ${cause}, ${step}: R ${millis(now() - at)}, stored ${letters.length} times`)
    expect(await scenario.stop(racecar)).toEqual([0, null])

    expect(ledger.ended.filter(one => exactly(one) === exactly(guilty!))).toEqual([])
    const isTwice = step === 'before its ack' || step === 'before the commit'
    const letter = { 'racecar-topic': topic, 'racecar-partition': '0', 'racecar-offset': `${guilty!.offset}` }
    expect(letters.map(({ headers }) => headers)).toEqual(Array(isTwice ? 2 : 1).fill(expect.objectContaining(letter)))
    await scenario.expectWhole(lossesOf([racecar]))
    await scenario.expectNothingLeft()
  },
)
