import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { sharesOf } from '../support/membership.ts'
import { Project, up } from '../support/process.ts'
import { TestTopics, uniqueName } from '../support/topics.ts'

test('two consumers under one primary each consume their own topics in a group of their own, and lose nothing to a kill', async () => {
  const address = await brokers()
  const topics = await TestTopics.open(address)
  const prefix = `${uniqueName('several')}-`
  try {
    const [mails, pays] = await Promise.all(['mails', 'pays'].map(name => topics.create(name, { partitions: 4 })))
    const members = (topic: string, name: string) =>
      `static { this.subscribesTo('${topic}') }
       process({ value }) { say('${name} ' + value) }`
    await using project = new Project({ body: members(mails!, 'mail') })
    project.write(
      'consumers/pay-consumer.js',
      project
        .read('consumers/welcome-consumer.js')
        .replace('WelcomeConsumer', 'PayConsumer')
        .replace(members(mails!, 'mail'), members(pays!, 'pay')),
    )
    const racecar = project.start('--brokers', address, '--group-id-prefix', prefix, '--workers', '2', 'PayConsumer')
    await up(racecar, 4)
    const isShared = () => [...sharesOf(racecar).values()].filter(({ length }) => length === 2).length === 4
    await racecar.until('two partitions for each worker', isShared)
    const send = (from: number, count: number) =>
      Promise.all(
        [mails!, pays!].map(topic =>
          topics.produce(
            topic,
            Array.from({ length: count }, (_, number) => ({ key: `${number}`, value: `${from + number}` })),
          ),
        ),
      )
    const all = (count: number) =>
      ['mail', 'pay'].flatMap(name => Array.from({ length: count }, (_, number) => `${name} ${number}`))
    const handled = () => new Set(project.said)
    await send(0, 100)
    await project.until('everything handled', () => all(100).every(one => handled().has(one)))

    const [victim] = racecar.all('slot.forked', ({ slot }) => slot === 'PayConsumer/1')
    process.kill(victim!.pid, 'SIGKILL')
    // An end that is seen when the stop has begun would be the stop's.
    await racecar.line('slot.exited', ({ pid }) => pid === victim!.pid)
    await send(100, 100)
    await project.until('everything handled', () => all(200).every(one => handled().has(one)))
    const joins = racecar.all('group.joined', ({ slot, at }) => slot!.startsWith('WelcomeConsumer/') && at > victim!.at)
    expect(new Set(joins.map(({ groupId }) => groupId))).toEqual(new Set([`${prefix}welcome-consumer`]))

    racecar.signal('SIGTERM')
    expect(await project.ended(racecar), racecar.lastWords()).toEqual([0, null])
    for (const [group, topic] of [
      ['welcome-consumer', mails!],
      ['pay-consumer', pays!],
    ] as const) {
      const ends = (await topics.ends(topic)).map(({ high }) => high)
      expect(await topics.committed(prefix + group, topic)).toEqual(ends)
      expect((await topics.group(prefix + group)).members).toEqual([])
    }
    project.expectNothingLeft()
  } finally {
    await topics.close()
  }
})
