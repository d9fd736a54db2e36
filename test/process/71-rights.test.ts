import { expect, test } from 'vitest'
import { allow, forbid, type Right, strictBroker } from '../support/acls.ts'
import { letGo } from '../support/dead-letters.ts'
import { Scenario } from '../support/scenario.ts'

const SECRET = 'battery-staple'
const sasl = ['--security-protocol', 'sasl_plaintext', '--sasl-mechanism', 'PLAIN', '--sasl-username', 'ann']
const env = { RACECAR_SASL_PASSWORD: SECRET }
const DEAD = ['--retry-times', '0', '--retry-then', 'dead-letter']

test('a right that is missing ends a start at once, and says which; one that is taken away later ends nobody', async () => {
  await using cluster = await strictBroker({ ann: SECRET })
  const address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await using scenario = await Scenario.open('rights', { kafka: cluster.address, address, partitions: 2 })
  const { topic, group, topics } = scenario
  const give = (...rights: Omit<Right, 'who'>[]) => allow(topics.admin, ...rights.map(one => ({ who: 'ann', ...one })))
  const racecarOf = (...args: string[]) => scenario.racecar({ workers: 2, args: [...sasl, ...args], env })
  const start = async (...args: string[]) => {
    const racecar = racecarOf(...args)
    const [code] = await scenario.ended(racecar)
    return { code, forks: racecar.forks().length, why: racecar.stderr.replace(/^.*Kafka does not allow it: /s, '') }
  }
  const ends = (why: RegExp) => ({ code: 77, forks: 2, why: expect.stringMatching(why) })

  const read = /^reading the topic rights-\w+: TOPIC_AUTHOR.* \(it takes the ACL Read on the topic rights-\w+\)\./
  const join = /GROUP_AUTHORIZATION_FAILED \(it takes the ACL Read on the group rights-\w+\)\./
  const write = /^writing to the topic (\S+): TOPIC_AUTHOR.* \(it takes the ACL Write on the topic \1\)\./
  expect(await start()).toEqual(
    ends(/^(reading the )?topic rights-\w+: .* \(it takes the ACL Read on the topic rights-\w+\)\./),
  )
  await give({ may: 'DESCRIBE', topic })
  expect(await start()).toEqual(ends(read))
  await give({ may: 'READ', topic })
  expect(await start()).toEqual(ends(join))
  await give({ may: 'DESCRIBE', group })
  expect(await start()).toEqual(ends(join))
  await give({ may: 'READ', group })
  expect(await start(...DEAD)).toEqual(ends(write))
  const letters = await topics.createNamed(`${topic}.dead-letter`)
  await give({ may: 'DESCRIBE', topic: letters })
  expect(await start(...DEAD)).toEqual(ends(write))
  await give({ may: 'WRITE', topic: letters })
  expect(await start(...DEAD, '--dead-letter-topic', `${topic}.other`)).toEqual(ends(write))

  const racecar = racecarOf(...DEAD, '--pause-timeout', '1')
  await scenario.served()
  await scenario.passes()
  const rights = [
    { who: 'ann', topic: letters, may: 'WRITE' },
    { who: 'ann', topic: letters, may: 'DESCRIBE' },
  ] as const
  await forbid(topics.admin, ...rights)
  const [failing] = await scenario.send([{ do: 'throw' }, {}], { partition: 0 })
  const { offset } = failing!
  await racecar.line(
    'message.failed',
    line => line.offset === offset && line.to === letters && /TOPIC_AUTHORIZATION_FAILED/.test(String(line.message)),
  )
  // The other partition goes on meanwhile.
  const sent = await scenario.send([{}, {}], { partition: 1 })
  await scenario.until('the other partition going on', () => scenario.ledger.lost(sent).length === 0)
  await allow(topics.admin, ...rights)
  expect(await racecar.line('message.dead.lettered')).toMatchObject({ partition: 0, offset, to: letters })
  letGo(scenario, [failing!])
  await scenario.handledAll()
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
