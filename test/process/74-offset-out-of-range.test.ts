import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { lossesOf } from '../support/membership.ts'
import { print, Scenario } from '../support/scenario.ts'

/** Of partition 0 the group has left off at 3, and the first 8 offsets are gone; of partition 1 it has got to 500, which was never there. */
async function displaced(policy: string) {
  const scenario = await Scenario.open(`range-${policy}`, { kafka: await brokers(), partitions: 3 })
  const { group, topic, topics } = scenario
  await scenario.send(Array(60).fill({}))
  await topics.deleteRecords(topic, 0, 8)
  await topics.commit(group, topic, [3, 500, 0])
  // A producer of kafkajs's may store a batch twice.
  const logs = (await topics.ends(topic)).map(({ low, high }) => ({ start: low, end: high }))
  return { scenario, logs }
}

/** What was produced so far of these partitions and below these offsets is nobody's to handle. */
function excuse({ acknowledged }: Scenario, begins: readonly number[]): void {
  const isLeft = ({ partition, offset }: { partition: number; offset: number }) => offset >= begins[partition]!
  acknowledged.splice(0, acknowledged.length, ...acknowledged.filter(isLeft))
}

test.for([
  { policy: 'earliest', edges: ['start', 'start'], levels: ['warn', 'warn'] },
  { policy: 'latest', edges: ['end', 'end'], levels: ['error', 'error'] },
  { policy: 'nearest', edges: ['start', 'end'], levels: ['warn', 'error'] },
] as const)(
  'a committed offset that the log does not hold, before its start or beyond its end, is told with what that costs: $policy',
  async ({ policy, edges, levels }) => {
    const { scenario, logs } = await displaced(policy)
    await using _ = scenario
    const { topic } = scenario
    const begins = logs.map((log, partition) => log[edges[partition] ?? 'start'])
    excuse(scenario, begins)
    const racecar = scenario.racecar({ workers: 1, args: ['--offset-out-of-range', policy] })
    await racecar.until('both lines', () => racecar.all('offset.reset').length === 2)
    await scenario.handledAll()
    const lines = [0, 1].map(of => racecar.all('offset.reset', one => one.partition === of)[0]!)
    expect(lines).toEqual(
      [3, 500].map((from, partition) => {
        const to = begins[partition]!
        const place = `${topic}/${partition} goes on at ${to}, the ${edges[partition]} of its log: ${from} is`
        const told = { level: levels[partition], from, to, skipped: to - from, ...logs[partition] }
        return expect.objectContaining({ ...told, message: expect.stringContaining(place) })
      }),
    )

    // And goes on as ever.
    await scenario.passes()
    await scenario.committedAll()
    expect(await scenario.stop(racecar)).toEqual([0, null])
    await scenario.expectWhole()
    expect(scenario.ledger.handlings.filter(({ partition, offset }) => offset < begins[partition]!)).toEqual([])
    await scenario.expectNothingLeft()
    print(`row 74: ${lines.map(({ message }) => message).join(' ')}`)
  },
)

test('where it is to go on nowhere all ends with 78 before anything of the partition is handled, once, and goes on when its offset is set', async () => {
  const { scenario, logs } = await displaced('fail')
  await using _ = scenario
  const { group, topic, topics } = scenario
  await topics.commit(group, topic, [3, 0, 0])
  excuse(scenario, [8, 0, 0])
  const racecars = [scenario.racecar({ workers: 2, args: ['--offset-out-of-range', 'fail'] })]
  expect(await scenario.ended(racecars[0]!)).toEqual([78, null])
  const [failed] = racecars[0]!.all('worker.failed')
  const said = `${topic}/0 is to go on at offset 3, which its log does not hold: it begins at 8 and ends at ${logs[0]!.end}`
  expect(failed!.message).toBe(`Failed: ${said}`)
  const [stopped] = racecars[0]!.all('primary.stopped')
  expect(stopped!.message).toContain(`${said}. While no member of the group runs, set its offsets with`)
  // No replacement, which would fare no better.
  expect(racecars[0]!.forks()).toHaveLength(2)
  expect(racecars[0]!.all('offset.reset')).toEqual([])
  expect(scenario.ledger.handlings.filter(({ partition }) => partition === 0)).toEqual([])
  const before = await topics.committed(group, topic)
  expect(before[0]).toBe(3)
  await scenario.expectNothingLeft()

  await topics.commit(group, topic, [8, ...before.slice(1)])
  racecars.push(scenario.racecar({ workers: 2, args: ['--offset-out-of-range', 'fail'] }))
  await scenario.handledAll()
  await scenario.passes()
  expect(await scenario.stop(racecars[1]!)).toEqual([0, null])
  await scenario.expectWhole(lossesOf(racecars))
  await scenario.expectNothingLeft()
  print(`row 74: ${stopped!.message}`)
})
