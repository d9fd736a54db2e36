import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import type { ConfigError } from '../../../src/config/problems.ts'
import { isIdempotent, settingsIn, topicSettings } from '../../../src/config/raw/entries.ts'

type Lists = { readonly consumer?: string | readonly string[]; readonly producer?: string | readonly string[] }

const load = (given: Lists & object, more: object = {}) =>
  loadConfig({ files: { sections: [{ source: 'racecar.yml', values: given }], problems: [] }, ...more })

const problemsOf = (given: Lists & object): readonly string[] => {
  try {
    load(given)
    return []
  } catch (error) {
    return (error as ConfigError).problems.map(({ sentence }) => sentence)
  }
}

describe('a setting by its name in librdkafka', () => {
  it.each([
    ['session.timeout.ms=30000', 'sessionTimeout', 30],
    ['heartbeat.interval.ms=2500', 'heartbeatInterval', 2.5],
    ['max.poll.interval.ms=600000', 'maxPollInterval', 600],
    ['auto.commit.interval.ms=5000', 'offsetCommitInterval', 5],
    ['queued.min.messages=50', 'minMessageQueueSize', 50],
    ['queued.max.messages.kbytes=2048', 'prefetchMaxBytes', 2_097_152],
    ['fetch.wait.max.ms=500', 'maxWaitTime', 0.5],
    ['fetch.max.wait.ms=500', 'maxWaitTime', 0.5],
    ['fetch.min.bytes=100', 'fetchMinBytes', 100],
    ['fetch.max.bytes=2000000', 'maxBytes', 2_000_000],
    ['max.poll.records=20', 'fetchMessages', 20],
    ['socket.timeout.ms=60000', 'socketTimeout', 60],
    ['group.id=orders', 'groupId', 'orders'],
    ['group.instance.id=pod-1', 'groupInstanceId', 'pod-1'],
    ['client.id=shop', 'clientId', 'shop'],
    ['bootstrap.servers=a,b:9093', 'brokers', ['a:9092', 'b:9093']],
    ['metadata.broker.list=a', 'brokers', ['a:9092']],
    ['partition.assignment.strategy=range,roundrobin', 'partitionAssignmentStrategy', ['range', 'roundrobin']],
    ['log_level=7', 'logLevel', 'debug'],
    [' session.timeout.ms = 30000 ', 'sessionTimeout', 30],
  ] as const)('of the consumer is our option: %s', (setting, option, value) => {
    const { config, sources } = load({ consumer: [setting] })
    expect(config[option]).toEqual(value)
    expect(sources[option]).toBe(`consumer: ${setting.split('=')[0]!.trim()}`)
  })

  it.each([
    ['message.timeout.ms=60000', 'messageTimeout', 60],
    ['delivery.timeout.ms=60000', 'messageTimeout', 60],
  ] as const)('of the producer is our option: %s', (setting, option, value) => {
    expect(load({ producer: [setting] }).config[option]).toEqual(value)
  })

  it.each([
    { consumer: ['enable.auto.commit=true', 'enable.auto.offset.store=false', 'isolation.level=read_committed'] },
    { consumer: ['check.crcs=true', 'enable.partition.eof=false', 'allow.auto.create.topics=FALSE'] },
    { producer: ['acks=all', 'linger.ms=0', 'max.in.flight=1', 'enable.idempotence=true'] },
    { producer: ['request.required.acks=-1', 'retries=2147483647', 'enable.idempotence=false'] },
  ])('that says what is so anyway changes nothing: %o', given => {
    const { config, warnings } = load(given)
    const { consumer, producer, ...others } = loadConfig().config
    expect(config).toEqual({ ...others, consumer, producer, ...given })
    expect(warnings).toEqual([])
  })

  it.each([
    [
      { producer: ['acks=1'] },
      'acks in producer can only be all or -1, but says "1": no offset is committed before all',
    ],
    [{ producer: ['linger.ms=5'] }, 'linger.ms in producer can only be 0, but says "5"'],
    [
      { consumer: ['enable.auto.commit=false'] },
      'can only be true, but says "false": what has been handled is committed',
    ],
    [{ consumer: ['isolation.level=read_uncommitted'] }, 'can only be read_committed'],
    [{ producer: ['transactional.id=x'] }, 'transactional.id in producer cannot be set: there are no transactions'],
    [{ producer: ['batch.size=1'] }, 'batch.size in producer cannot be set'],
    [{ consumer: ['debug=all'] }, 'debug in consumer cannot be set: set log_level: debug'],
    [{ consumer: ['session.timout.ms=1'] }, "is no setting of librdkafka's; did you mean session.timeout.ms?"],
    [{ consumer: ['wholly.unknown=1'] }, "wholly.unknown in consumer is no setting of librdkafka's"],
    [{ consumer: ['acks=all'] }, 'acks in consumer belongs in producer'],
    [{ producer: ['group.id=a'] }, 'group.id in producer belongs in consumer'],
    [{ consumer: ['session.timeout.ms=soon'] }, 'must be a number of milliseconds, but says "soon"'],
    [{ consumer: ['session.timeout.ms=0'] }, 'is session_timeout here, which must be a number of seconds'],
    [{ consumer: ['partition.assignment.strategy=sticky'] }, 'must be a list of different values out of range'],
    [{ consumer: ['auto.commit.interval.ms=0'] }, 'must be a number of milliseconds above 0, which would be never'],
    [{ consumer: ['auto.offset.reset=error'] }, 'instead of error set offset_out_of_range: fail, but says "error"'],
    [{ consumer: ['max.partition.fetch.bytes=0'] }, 'must be a whole number of bytes, at least 1, but says "0"'],
    [{ producer: ['enable.idempotence=maybe'] }, 'must be true or false, but says "maybe"'],
    [{ consumer: ['client.id'] }, 'consumer must be a list of key=value'],
    [{ consumer: [5 as never] }, 'consumer must be a list of key=value'],
    [
      { consumer: ['socket.timeout.ms=1000'], producer: ['socket.timeout.ms=2000'] },
      'socket.timeout.ms in producer says something else than consumer: socket.timeout.ms, and both are socket_timeout here',
    ],
    [{ consumer: ['fetch.max.wait.ms=1', 'fetch.wait.max.ms=2'] }, 'and both are max_wait_time here'],
  ])('that cannot be kept is refused with the reason: %o', (given, sentence) => {
    const problems = problemsOf(given)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
  })

  it('that both sides say alike is no contradiction', () => {
    expect(load({ consumer: ['client.id=a'], producer: ['client.id=a'] }).config.clientId).toBe('a')
  })

  it('is checked against the other options as any of them', () => {
    expect(problemsOf({ consumer: ['session.timeout.ms=2000'] })).toEqual([
      'heartbeat_interval (3, default) must be below session_timeout (2, consumer: session.timeout.ms)',
    ])
  })
})

describe('the lists', () => {
  it('are parted at commas, but not those of a value', () => {
    const env = { RACECAR_CONSUMER: 'bootstrap.servers=a:1,b:2,session.timeout.ms=30000, client.id=x' }
    expect(loadConfig({ env }).config).toMatchObject({ brokers: ['a:1', 'b:2'], sessionTimeout: 30, clientId: 'x' })
    const { config } = loadConfig({ flags: { producer: ['message.timeout.ms=1000', 'acks=all'] } })
    expect(config).toMatchObject({ messageTimeout: 1, producer: ['message.timeout.ms=1000', 'acks=all'] })
  })

  it('go before the options that they stand for, and say so where these say something else', () => {
    const env = { RACECAR_SESSION_TIMEOUT: '25' }
    const { config, warnings, sources } = load({ consumer: ['session.timeout.ms=30000'] }, { env })
    expect(config.sessionTimeout).toBe(30)
    expect(sources.sessionTimeout).toBe('consumer: session.timeout.ms')
    expect(warnings).toEqual([
      'consumer: session.timeout.ms goes before session_timeout, which env RACECAR_SESSION_TIMEOUT sets to something else',
    ])
    expect(load({ consumer: ['session.timeout.ms=25000'] }, { env }).warnings).toEqual([])
  })

  it('do not go before what the way of starting decides', () => {
    const forced = [{ source: '--inspect', values: { sessionTimeout: 1800 } }]
    expect(load({ consumer: ['session.timeout.ms=30000'] }, { forced }).config.sessionTimeout).toBe(1800)
  })

  it('tell where topics begin, how much is asked for, and whether the producer is idempotent', () => {
    const { config } = load({
      consumer: ['auto.offset.reset=latest', 'max.partition.fetch.bytes=2048'],
      producer: ['enable.idempotence=false'],
    })
    const ofTopics = { startFromBeginning: false, maxBytesPerPartition: 2048 }
    expect(topicSettings(settingsIn(config.consumer))).toEqual(ofTopics)
    expect(topicSettings([])).toEqual({})
    expect([isIdempotent(config.producer), isIdempotent([]), isIdempotent(['enable.idempotence=true'])]).toEqual([
      false,
      true,
      true,
    ])
  })
})

describe('the additionalConfig of a subscription', () => {
  const check = (additionalConfig: Record<string, string>) =>
    load({}, { consumer: 'OrdersConsumer', subscriptions: [{ topic: 'a' }, { topic: 'b', additionalConfig }] })

  it('may say what can be of a topic, and what is so anyway', () => {
    const settings = { 'auto.offset.reset': 'latest', 'fetch.message.max.bytes': '2048', 'check.crcs': 'true' }
    expect(check(settings).warnings).toEqual([])
  })

  it.each([
    [
      { 'session.timeout.ms': '1' },
      'cannot be set for one topic: set session_timeout, or session.timeout.ms in consumer',
    ],
    [{ 'sasl.password': 'hunter2' }, 'cannot be set for one topic'],
    [{ 'isolation.level': 'read_uncommitted' }, 'can only be read_committed'],
    [{ 'auto.offset.reset': 'now' }, 'must be one of smallest, earliest'],
    [{ 'auto.offset.rest': 'latest' }, 'did you mean auto.offset.reset?'],
    [{ acks: '1' }, 'belongs in producer'],
  ])('is refused otherwise, with the class and the topic: %o', (settings, sentence) => {
    const [key] = Object.keys(settings)
    expect(() => check(settings as never)).toThrow(`${key} in additionalConfig of b (class OrdersConsumer) `)
    expect(() => check(settings as never)).toThrow(sentence)
    expect(() => check(settings as never)).not.toThrow('hunter2')
  })
})
