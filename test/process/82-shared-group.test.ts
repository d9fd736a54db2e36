import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { JavaConsumer } from '../support/java.ts'
import { now } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const ofGroup = ({ event }: { event: string }) => /^(group|partitions|slot)\./.test(event)

/** Who said that the group is shared, and how often. */
function warned(racecar: RacecarProcess, other: string): Map<number, number> {
  const said = racecar.all('group.shared', ({ topics }) => String(topics) === other)
  return new Map(said.map(({ pid }) => [pid, said.filter(line => line.pid === pid).length]))
}

test('another application under the same group id is told of, whoever leads the group, and one of another protocol cannot join', async () => {
  const kafka = await brokers()
  await using scenario = await Scenario.open('shared', { kafka, partitions: 4 })
  const { group, topics } = scenario
  const other = await topics.create('other', { partitions: 2 })
  await topics.produce(
    other,
    [0, 1].map(partition => ({ partition, value: `for Java ${partition}` })),
  )
  const java = (strategy: 'range' | 'cooperative-sticky') =>
    JavaConsumer.start({ kafka, topic: other, group, strategy })

  const first = scenario.racecar({ workers: 2 })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()
  const before = first.lines.length
  const refused = await java('range')
  // It ends of its own accord: its log, in which it would say why, is not configured.
  await refused.closed
  expect(refused.said).toContain('Processed a total of 0 messages')
  expect(first.lines.slice(before).filter(ofGroup)).toEqual([])

  await using guest = await java('cooperative-sticky')
  const { level, message } = await first.line('group.shared')
  expect(level).toBe('warn')
  expect(message).toContain(`The group ${group} is shared with 1 member of other topics: console-consumer`)
  expect(message).toContain(`(${other}). Each application needs a group_id of its own.`)
  // kafkajs's producer may send one twice where the topic is quite new.
  await scenario.until('Java having its messages', () => new Set(guest.seen).size === 2)
  await scenario.flows()

  // Who is left leads from now on.
  expect(await scenario.stop(first)).toEqual([0, null])
  const starting = now()
  const second = scenario.racecar({ workers: 2 })
  await second.line('group.shared')
  await scenario.served(second)
  await scenario.flows()
  expect(second.all('group.joined', ({ leader }) => leader === true)).toEqual([])
  for (const racecar of [first, second]) {
    const times = [...warned(racecar, other).values()]
    expect(times).toEqual(times.map(() => 1))
  }

  const settled = second.lines.length
  const incompatible = scenario.racecar({ workers: 1, args: ['--partition-assignment-strategy', 'range'] })
  expect(await scenario.ended(incompatible)).toEqual([78, null])
  expect(incompatible.stderr).toContain(`the members of the group ${group} use none of the strategies range`)
  expect(incompatible.stderr).toContain('Set partition_assignment_strategy to what the other members of the group use')
  expect(incompatible.all('slot.forked')).toHaveLength(1)
  expect(second.lines.slice(settled).filter(ofGroup)).toEqual([])

  await load.stop()
  await scenario.handledAll()
  expect((await guest.end())[0]).toBe(143)
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const told = second.all('group.shared')[0]!.at
  print(
    `row 82: told ${millis(told - starting)} after the start, ${scenario.ledger.handlings.length} handled, none twice`,
  )
})
