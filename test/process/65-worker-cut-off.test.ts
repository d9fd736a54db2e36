import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, now, where } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario, sharesOf } from '../support/scenario.ts'

const SESSION = 3
const args = ['--session-timeout', `${SESSION}`, '--heartbeat-interval', '0.5', '--max-wait-time', '0.2']

async function cutOff(kafka: string): Promise<void> {
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('cut-off', { kafka, partitions: 4 })
  const { ledger } = scenario
  const apart = scenario.racecar({ workers: 1, args, address: proxy.address })
  const others = scenario.racecar({ workers: 1, args })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()

  const [pid] = apart.workers()
  const own = sharesOf(apart).get(pid!)!
  // In one partition a message ends only when all is well again; in the other one more is in hand than the session gives time for.
  const inHand = await scenario.occupy(apart, pid!, { ms: 6000 })
  const busy = own.map(one => Number(one.split('/')[1])).find(partition => partition !== inHand.partition)!
  const burst = await scenario.send(Array(100).fill({ ms: 40 }), { partition: busy })
  const isBegun = () => ledger.handlings.some(one => one.pid === pid && one.seq === burst[0]!.seq)
  await scenario.until('the first of what waits', isBegun)
  const committed = await scenario.committed()
  const before = apart.lines.length
  const cut = now()
  proxy.refuse()
  proxy.cut()

  const takenOver = () => ledger.handlings.filter(one => one.start > cut && one.pid !== pid && own.includes(where(one)))
  await scenario.until('others taking over', () => new Set(takenOver().map(where)).size === own.length)
  // From then on what is still in hand there is handled beside others: its result must not count.
  const over = Math.min(...takenOver().map(({ start }) => start))

  await proxy.heal()
  const healed = now()
  await apart.line('group.lost', undefined, before)
  const back = await apart.line('group.joined', undefined, before)
  await scenario.served()
  await scenario.passes()
  await load.stop()
  await scenario.handledAll()

  // What it hears of commits before it is back is what had been committed before the cut.
  const heard = apart.lines
    .slice(before)
    .filter(({ event, at }) => event === 'offsets.committed' && at < back.at)
    .flatMap(({ offsets }) => offsets as Acknowledged[])
  expect(heard.filter(one => one.offset > committed.get(where(one))!)).toEqual([])
  const slept = ledger.handlings.find(one => one.pid === pid && one.seq === inHand.seq)!
  expect(slept.end, 'the end of what was in hand').toBeGreaterThan(healed)
  const again = Math.min(...ledger.ownings.filter(one => one.pid === pid && one.at > cut).map(({ at }) => at))
  expect(ledger.handlings.filter(one => one.pid === pid && one.start > over && one.start < again)).toEqual([])
  expect([apart, others].flatMap(racecar => racecar.all('slot.exited'))).toEqual([])
  expect(await scenario.stop(apart)).toEqual([0, null])
  expect(await scenario.stop(others)).toEqual([0, null])
  await scenario.expectWhole([{ pid: pid!, at: over, committed }])
  await scenario.expectNothingLeft()
  print(
    `row 65: others take over after ${millis(over - cut)} (session ${SESSION} s), back ${millis(back.at - healed)} after healing, twice ${ledger.repeated().length}`,
  )
}

test('a worker that is cut off for longer than its session begins nothing, commits nothing, and comes back', async () =>
  cutOff(await brokers()))
