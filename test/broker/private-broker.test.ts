import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeCluster, sweep } from '../../scripts/broker.d/index.mjs'
import { brokers, kafkaProgram, privateBroker, privateBrokers } from '../support/broker.ts'
import { TestTopics } from '../support/topics.ts'

const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])

describe('the shared broker', () => {
  it('is there for whoever asks, and shows topics, offsets and groups', async () => {
    const topics = await TestTopics.open(await brokers())
    const topic = await topics.create('seen', { partitions: 3 })
    await topics.produce(topic, [
      { partition: 0, value: 'a' },
      { partition: 2, value: 'b' },
      { partition: 2, value: 'c' },
    ])
    expect(await topics.ends(topic)).toEqual([
      { low: 0, high: 1 },
      { low: 0, high: 0 },
      { low: 0, high: 2 },
    ])
    const consumer = topics.kafka.consumer({ groupId: topic })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const first = new Promise<void>(resolve => {
      consumer.on('consumer.group_join', () => resolve())
    })
    await consumer.run({ autoCommit: false, eachMessage: async () => {} })
    await first
    const { state, members } = await topics.group(topic)
    expect([state, members.map(({ assignment }) => assignment)]).toEqual(['Stable', [{ [topic]: [0, 1, 2] }]])
    await consumer.commitOffsets([{ topic, partition: 2, offset: '1' }])
    await consumer.disconnect()
    expect(await topics.committed(topic, topic)).toEqual([-1, -1, 1])
    await topics.grow(topic, 4)
    await topics.close()
  })

  it("runs Kafka's own programs", async () => {
    const topics = await TestTopics.open(await brokers())
    const topic = await topics.create('java')
    await topics.produce(topic, [{ value: 'from here' }])
    const args = ['--bootstrap-server', await brokers(), '--topic', topic, '--from-beginning', '--max-messages', '1']
    const program = await kafkaProgram('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
    const child = spawn(program.command, program.args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let printed = ''
    child.stdout.on('data', chunk => {
      printed += chunk
    })
    expect(await once(child, 'close')).toEqual([0, null])
    expect(printed.trim()).toBe('from here')
    await topics.close()
  })
})

describe('a private broker', () => {
  it('comes back on the same ports with its data, and answers nothing while it is stopped', async () => {
    const cluster = await privateBroker()
    const [node] = cluster.brokers
    const topics = await TestTopics.open(cluster.address)
    const topic = await topics.create('survivor')
    await topics.produce(topic, [{ value: 'still here' }])
    const pid = node!.pid

    await node!.stop()
    expect(node!.alive()).toBe(false)
    await expect(dial(node!.ports.client)).rejects.toThrow('ECONNREFUSED')
    await node!.start()
    expect(node!.pid).not.toBe(pid)
    expect(await topics.ends(topic)).toEqual([{ low: 0, high: 1 }])

    // Stopped in its tracks it still takes connections, and is deaf.
    node!.pause()
    const socket = await dial(node!.ports.client)
    const answers: Buffer[] = []
    const answered = new Promise<void>(resolve => {
      socket.on('data', bytes => resolve(void answers.push(bytes)))
    })
    socket.write(apiVersions)
    // Time for twenty answers of another broker is time enough for one of this.
    const other = Number((await brokers()).split(':')[1])
    for (let n = 0; n < 20; n++) await describeCluster({ port: other })
    expect(answers).toEqual([])
    node!.resume()
    await answered
    socket.destroy()

    await topics.close()
    await cluster.remove()
    await expect(dial(node!.ports.client)).rejects.toThrow('ECONNREFUSED')
  })

  it('is swept up when its owner was killed', async () => {
    const library = join(import.meta.dirname, '..', '..', 'scripts', 'broker.d', 'index.mjs')
    const owner = `import { startPrivate } from ${JSON.stringify(library)}
      const { brokers: [{ pid }] } = await startPrivate()
      process.stdout.write(String(pid), () => process.kill(process.pid, 'SIGKILL'))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', owner], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let pid = ''
    child.stdout.on('data', chunk => {
      pid += chunk
    })
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
    expect(() => process.kill(Number(pid), 0)).not.toThrow()
    await sweep()
    await gone(Number(pid))
  })
})

describe('two brokers', () => {
  it('go on with one of them when the other is killed, and are whole again when it is back', async () => {
    const cluster = await privateBrokers({
      settings: { 'broker.session.timeout.ms': 3000, 'offsets.topic.replication.factor': 2 },
    })
    const topics = await TestTopics.open(cluster.address)
    const [single, twofold] = [
      await topics.create('single', { replicas: [[1], [2]] }),
      await topics.create('twofold', { replicas: [[1, 2]] }),
    ]
    expect([await topics.leader(single, 0), await topics.leader(single, 1)]).toEqual([1, 2])
    await topics.move(single, 0, [2])
    await topics.move(twofold, 0, [2, 1])
    expect([await topics.leader(single, 0), await topics.leader(twofold, 0)]).toEqual([2, 2])

    const [first, second] = cluster.brokers
    await second!.kill()
    expect([first!.alive(), second!.alive(), cluster.controller.alive()]).toEqual([true, false, true])
    await expect.poll(() => topics.leader(twofold, 0), { timeout: 30_000 }).toBe(1)
    await topics.produce(twofold, [{ value: 'to the one that is left' }])

    await second!.start()
    await expect.poll(() => topics.leader(single, 1), { timeout: 30_000 }).toBe(2)
    await topics.close()
    await cluster.remove()
  })
})

async function dial(port: number) {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => livesStill(pid), { timeout: 20_000 }).toBe(false)
}

function livesStill(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
