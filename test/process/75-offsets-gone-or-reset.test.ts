import { expect, test } from 'vitest'
import { Brokers } from '../../src/engine/kafkajs/brokers.ts'
import { nameOf } from '../../src/engine/kafkajs/codes.ts'
import { Coordinator, nobody } from '../../src/engine/kafkajs/coordinator.ts'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { brokers } from '../support/broker.ts'
import { groupTool } from '../support/group-tool.ts'
import { print, Scenario } from '../support/scenario.ts'

const PARTITIONS = 3

/** Some messages in each partition, all of them handled and committed. */
async function handled(name: string, kafka: string) {
  const scenario = await Scenario.open(name, { kafka, partitions: PARTITIONS })
  const racecar = scenario.racecar({ workers: 1 })
  await scenario.served()
  await scenario.send(Array(10 * PARTITIONS).fill({}))
  await scenario.handledAll()
  await scenario.committedAll()
  const ends = (await scenario.topics.ends(scenario.topic)).map(({ high }) => high)
  return { scenario, racecar, ends }
}

/** As a client without a membership commits: what the broker answers. */
async function commitAsNobody(kafka: string, group: string, topic: string): Promise<string> {
  const parts = { bus: createBus(), clock: systemClock }
  const from = new Brokers({
    brokers: [kafka],
    clientId: 'nobody',
    tls: null,
    sasl: null,
    socketTimeout: 5_000,
    ...parts,
  })
  try {
    const coordinator = new Coordinator({ brokers: from, groupId: group, instanceId: null })
    const { responses } = await coordinator.commit(nobody, [
      { topic, partitions: [{ partition: 0, offset: 2, metadata: null }] },
    ])
    return nameOf(responses[0]!.partitions[0]!.errorCode)
  } finally {
    from.close()
  }
}

/** All of it is to be handled once more. */
function forget({ ledger, ledgerFile, topic }: Scenario): void {
  ledger.readOn(ledgerFile)
  ledger.forget(topic)
}

test('while it runs nobody else sets the offsets of its group, or takes them away; when it is stopped what was set is taken as it is', async () => {
  const kafka = await brokers()
  const { scenario, racecar, ends } = await handled('reset', kafka)
  await using _ = scenario
  const { group, topic, topics } = scenario
  const reset = ['--group', group, '--topic', topic, '--reset-offsets', '--to-offset', '4', '--execute']
  const [refusedToReset, refusedToDelete] = await Promise.all([
    groupTool(kafka, ...reset),
    groupTool(kafka, '--group', group, '--topic', topic, '--delete-offsets'),
  ])
  expect(refusedToReset).toContain(`Assignments can only be reset if the group '${group}' is inactive`)
  expect(refusedToDelete).toContain('forbidden while the consumer group is actively subscribed to it')
  expect(await commitAsNobody(kafka, group, topic)).toBe('UNKNOWN_MEMBER_ID')
  expect(await topics.committed(group, topic)).toEqual(ends)
  // A transaction may commit for a group without naming a member. It moves nobody, and the next commit is ours again.
  await topics.commit(group, topic, [2, 2, 2])
  await scenario.passes()
  await scenario.committedAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()

  print(`row 75: ${(await groupTool(kafka, ...reset)).trim().replaceAll(/\s+/g, ' ')}`)
  forget(scenario)
  const isLeft = ({ offset }: { offset: number }) => offset >= 4
  scenario.acknowledged.splice(0, Number.POSITIVE_INFINITY, ...scenario.acknowledged.filter(isLeft))
  const again = scenario.racecar({ workers: 1, args: ['--offset-out-of-range', 'fail'] })
  await scenario.handledAll()
  await scenario.passes()
  expect(await scenario.stop(again)).toEqual([0, null])
  expect(again.all('offset.reset')).toEqual([])
  expect(again.all('offsets.absent')).toEqual([])
  expect(Math.min(...scenario.ledger.handlings.map(({ offset }) => offset))).toBe(4)
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectNothingLeft()
})

test('offsets that are gone at the next start, expired or deleted, are told of: it begins where the subscription says', async () => {
  const kafka = await brokers()
  const { scenario, racecar, ends } = await handled('gone', kafka)
  await using _ = scenario
  const { group, topic, topics } = scenario
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  for (const [where, begins] of [
    ['start', [0, 0, 0]],
    ['end', ends],
  ] as const) {
    await topics.admin.deleteGroups([group])
    forget(scenario)
    const args = ['--offset-out-of-range', 'fail']
    const again = scenario.racecar({ workers: 1, args, env: { START_AT: where } })
    await scenario.served()
    const { level, message, partitions } = await again.line('offsets.absent')
    expect({ level, message, partitions }).toEqual({
      level: 'info',
      message: `The group has no committed offset of ${[0, 1, 2].map(one => `${topic}/${one}`).join(', ')}: begins at the ${where} of their logs.`,
      partitions: begins.map((offset, partition) => ({ topic, partition, offset })),
    })
    if (where === 'start') await scenario.handledAll()
    else await scenario.passes()
    expect(await scenario.stop(again)).toEqual([0, null])
    expect(scenario.ledger.handlings.filter(({ partition, offset }) => offset < begins[partition]!)).toEqual([])
    expect(scenario.ledger.repeated()).toEqual([])
  }
  await scenario.expectNothingLeft()
})
