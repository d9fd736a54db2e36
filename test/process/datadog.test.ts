import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { numberOf, placeOf, takenOver } from '../support/replacement.ts'
import { PATIENT, print, Scenario } from '../support/scenario.ts'
import { Agent } from '../support/statsd.ts'

const obedient = fileURLToPath(new URL('../fixtures/consumers/obedient-consumer.ts', import.meta.url))

const MESSAGES = 'geo.consumer.messages'
/** What was handled so long ago is on its way to the Agent, even on a machine that is busy: four times as long as it may wait. */
const SURELY_MS = 1000

test('counts of messages are right over a SIGKILL, a process.exit and a stop: only what is killed takes the last moment with it', async () => {
  await using agent = await Agent.open()
  await using scenario = await Scenario.open('datadog')
  const { ledger } = scenario
  // Tags of the process, as a platform sets them by variables.
  const tags = join(scenario.folder, 'tags.mjs')
  writeFileSync(tags, "process.env.DD_TAGS = 'process:' + process.pid")
  const racecar = scenario.racecar({
    workers: 2,
    consumer: [`${tags},${obedient}`, 'ObedientConsumer'],
    args: [
      ...PATIENT,
      ...['--datadog-enabled', '--datadog-host', '127.0.0.1', '--datadog-port', `${agent.port}`],
      ...['--datadog-namespace', 'geo', '--datadog-tags', 'team:maps,tier:1'],
    ],
  })
  await scenario.served()
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()

  const [killed, exiting] = racecar.workers() as [number, number]
  const counted = (pid: number) => agent.sum(MESSAGES, `process:${pid}`)
  const handled = (pid: number, before = Number.POSITIVE_INFINITY) =>
    ledger.ended.filter(one => one.pid === pid && one.end! < before).length
  await scenario.until('messages that must have been counted', () => handled(killed, now() - SURELY_MS) > 50)
  const ofKilled = placeOf(racecar, killed)
  const deaths = await scenario.kill(killed)
  await takenOver(scenario, racecar, ofKilled)
  await scenario.flows()
  const ofExiting = placeOf(racecar, exiting)
  await scenario.send([{ do: 'exit', code: 1, once: true }], { partition: numberOf(ofExiting.share[0]!) })
  await racecar.line('slot.exited', ({ pid }) => pid === exiting)
  await takenOver(scenario, racecar, ofExiting)
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])

  const others = racecar.forks().filter(pid => pid !== killed)
  expect(others).toHaveLength(3)
  await scenario.until('all packets', () => others.every(pid => counted(pid) >= handled(pid)))
  expect(others.map(counted)).toEqual(others.map(pid => handled(pid)))
  const [before, all] = [handled(killed, deaths[0]!.at - SURELY_MS), handled(killed)]
  print(
    `metrics: ${counted(killed)} of the ${all} messages of the worker that was killed are counted, ${before} at least`,
  )
  expect(before).toBeGreaterThan(50)
  expect(counted(killed)).toBeLessThanOrEqual(all)
  expect(counted(killed)).toBeGreaterThanOrEqual(before)
  for (const pid of others) {
    const latencies = agent.of('geo.consumer.process_message.latency', `process:${pid}`)
    expect(latencies.flatMap(({ values }) => values)).toHaveLength(counted(pid))
  }
  const [partition] = ofKilled.share
  const last = agent.of('geo.consumer.offset', `partition:${numberOf(partition!)}`).at(-1)!
  const tagged = ['team:maps', 'tier:1', 'client:racecar', `group_id:${scenario.group}`, `topic:${scenario.topic}`]
  expect(last.tags).toEqual(expect.arrayContaining(tagged))
  expect(last.values).toEqual([(await scenario.topics.ends(scenario.topic))[numberOf(partition!)]!.high - 1])
  expect(agent.of('geo.consumer.join_group').length).toBeGreaterThanOrEqual(4)
  expect(agent.of('geo.consumer.leave_group')).toHaveLength(2)
  expect(agent.of('geo.consumer.loop.duration').length).toBeGreaterThan(0)
  await scenario.expectNothingLeft()
})
