// A group that is shared with a Java consumer, for each strategy: both have partitions, nothing is missed, and when the Java member
// goes its partitions come back. Whoever joined first leads the group: once Java, once we.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { brokers } from '../../support/broker.ts'
import { JavaConsumer, type JavaStrategy } from '../../support/java.ts'
import { openTrial, type Trial } from './member.ts'

const PARTITIONS = 4

for (const strategy of ['range', 'roundrobin', 'cooperative-sticky'] as const) {
  for (const first of ['java', 'ours'] as const) {
    test(`${strategy}, with ${first} leading`, async () => {
      await using trial = await openTrial({ partitions: PARTITIONS })
      const { harness, topic } = trial
      const java = first === 'java' ? await javaMember(trial, strategy) : undefined
      if (java) await harness.until('Java has joined', async () => (await membersOf(trial)) === 1)
      const { probe } = await trial.join({ strategy })
      const other = java ?? (await javaMember(trial, strategy))
      try {
        await harness.until('both have two', async () => probe.owned.size === 2 && (await membersOf(trial)) === 2)
        expect(probe.events('group.joined').at(-1)?.leader).toBe(first === 'ours')
        for (let partition = 0; partition < PARTITIONS; partition++)
          await harness.produce(topic, partition, values(5, partition * 5))
        const all = () => new Set([...probe.values(), ...other.seen])
        await harness.until('all are seen', () => all().size === 20)
        expect(probe.seen.length).toBe(10)
      } finally {
        await other.end()
      }
      await harness.until('all partitions are back', () => probe.owned.size === PARTITIONS)
    })
  }
}

async function membersOf({ harness, world }: Trial): Promise<number> {
  const { members } = await harness.topics.group(world.groupId())
  return members.filter(({ assignment }) => Object.keys(assignment).length > 0).length
}

async function javaMember({ topic, world }: Trial, strategy: JavaStrategy): Promise<JavaConsumer> {
  return JavaConsumer.start({ kafka: await brokers(), topic, group: world.groupId(), strategy })
}
