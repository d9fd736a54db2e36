import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'
import { Agent } from '../../support/statsd.ts'

it.each(['0', '1'])(
  'with --workers %s metrics are sent, while no broker answers too, and the last ones at the end',
  async workers => {
    await using agent = await Agent.open()
    await using project = new Project({ members: "teardown() { return this.produce('last', { topic: 'metrics' }) }" })
    const to = ['--datadog-host', '127.0.0.1', '--datadog-port', `${agent.port}`]
    const racecar = project.start('--workers', workers, '--shutdown-timeout', '1', '--datadog-enabled', ...to)
    await project.until('a turn of the loop', () => agent.of('racecar.consumer.loop.duration').length > 0)
    racecar.signal('SIGTERM')
    await project.ended(racecar)
    await project.until('what was produced last', () => agent.sum('racecar.producer.produce.messages') === 1)
    expect(agent.of('racecar.producer.produce.messages')[0]!.tags).toEqual(['client:racecar', 'topic:metrics'])
    project.expectNothingLeft()
  },
)
