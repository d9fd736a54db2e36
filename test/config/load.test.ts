import { describe, expect, it } from 'vitest'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'

const problemsOf = (sources: Sources): readonly string[] => {
  try {
    loadConfig(sources)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code: 'CONFIG', exitCode: 78 })
    return (error as ConfigError).problems.map(({ sentence }) => sentence)
  }
}

describe('the options in force', () => {
  it('are the defaults where nothing is set', () => {
    const { config, sources, warnings } = loadConfig()
    expect(config).toMatchObject({ brokers: ['localhost:9092'], workers: 1, sessionTimeout: 20, heartbeatInterval: 3 })
    expect(config.groupId).toBeUndefined()
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
    expect(Object.keys(sources)).toEqual(Object.keys(config))
    expect(warnings).toEqual([])
  })

  it('come from the strongest source that sets them, and say from which', () => {
    const classOptions = { workers: 2, serial: true, pauseTimeout: 1, fetchMessages: 5 }
    const env = { RACECAR_WORKERS: '3', RACECAR_SERIAL: 'no', RACECAR_PAUSE_TIMEOUT: '2', PATH: '/bin' }
    const flags = { workers: '4', 'pause-timeout': '3', logLevel: undefined }
    const { config, sources } = loadConfig({
      classOptions,
      consumer: 'TapDanceConsumer',
      env,
      flags,
      given: { workers: 5 },
    })
    expect(config).toMatchObject({ workers: 5, serial: false, pauseTimeout: 3, fetchMessages: 5, logLevel: 'info' })
    expect(sources).toMatchObject({
      workers: 'the program',
      serial: 'env RACECAR_SERIAL',
      pauseTimeout: 'flag --pause-timeout',
      fetchMessages: 'class TapDanceConsumer',
      logLevel: 'default',
    })
  })

  it.each([
    [{ flags: { workers: 'auto' } }, 'flag --workers: auto'],
    [{ env: { RACECAR_PARALLEL_WORKERS: ' auto ' } }, 'env RACECAR_PARALLEL_WORKERS: auto'],
    [{ classOptions: { workers: 'auto' as const }, consumer: 'A' }, 'class A: auto'],
    [
      { files: { sections: [{ source: 'racecar.yml', values: { workers: 'auto' } }], problems: [] } },
      'racecar.yml: auto',
    ],
  ])('take as many workers as there are cores where they say auto: %o', (from: Sources, source) => {
    const { config, sources } = loadConfig({ ...from, cores: () => 6 })
    expect([config.workers, sources.workers]).toEqual([6, source])
    expect(loadConfig(from).config.workers).toBe(1)
  })

  it('count no cores where nobody asks for them, and say so no more where a stronger source sets a number', () => {
    const cores = () => expect.unreachable()
    const { config, sources } = loadConfig({ env: { RACECAR_WORKERS: 'auto' }, flags: { workers: '2' }, cores })
    expect([config.workers, sources.workers]).toEqual([2, 'flag --workers'])
  })

  it('cannot be changed', () => {
    const { config, sources } = loadConfig({ env: { RACECAR_BROKERS: 'a,b' } })
    expect([config, sources, config.brokers, config.require].every(Object.isFrozen)).toBe(true)
  })

  it('take empty variables for unset ones', () => {
    const { config, sources } = loadConfig({ env: { RACECAR_WORKERS: '', RACECAR_BROKERS: undefined } })
    expect(config).toMatchObject({ workers: 1, brokers: ['localhost:9092'] })
    expect(sources.workers).toBe('default')
  })

  it('answer to their other names, their own going first', () => {
    expect(loadConfig({ env: { RACECAR_PARALLEL_WORKERS: '3' } })).toMatchObject({
      config: { workers: 3 },
      sources: { workers: 'env RACECAR_PARALLEL_WORKERS' },
    })
    expect(loadConfig({ flags: { log: 'a.log' } })).toMatchObject({
      config: { logfile: 'a.log' },
      sources: { logfile: 'flag --log' },
    })
    for (const env of [
      { RACECAR_WORKERS: '2', RACECAR_PARALLEL_WORKERS: '3' },
      { RACECAR_PARALLEL_WORKERS: '3', RACECAR_WORKERS: '2' },
    ])
      expect(loadConfig({ env }).config.workers).toBe(2)
  })

  it('can be unset by an empty flag where they may be nothing', () => {
    expect(loadConfig({ env: { RACECAR_PIDFILE: 'a.pid' }, flags: { pidfile: '' } }).config.pidfile).toBeUndefined()
  })
})

describe('a wrong option', () => {
  it.each<[Sources, string]>([
    [
      { flags: { workers: 'x' } },
      'workers must be a whole number from 0 to 1024, or auto, but flag --workers says "x"',
    ],
    [
      { flags: { parallelWorkers: '-1' } },
      'workers must be a whole number from 0 to 1024, or auto, but flag --parallel-workers says "-1"',
    ],
    [
      { env: { RACECAR_WORKERS: '1e6' } },
      'workers must be a whole number from 0 to 1024, or auto, but env RACECAR_WORKERS says "1e6"',
    ],
    [{ env: { RACECAR_WORKERS: '0x2' } }, 'but env RACECAR_WORKERS says "0x2"'],
    [
      { given: { workers: Number.NaN } },
      'workers must be a whole number from 0 to 1024, or auto, but the program says NaN',
    ],
    [
      { classOptions: { workers: 1.5 }, consumer: 'A' },
      'workers must be a whole number from 0 to 1024, or auto, but class A says 1.5',
    ],
    [{ classOptions: { workers: null } }, 'but the class says null'],
    [
      { env: { RACECAR_SESSION_TIMEOUT: '20s' } },
      'session_timeout must be a number of seconds from 0.001 to 2147483, but',
    ],
    [
      { env: { RACECAR_PAUSE_TIMEOUT: '-2' } },
      'pause_timeout must be a number of seconds from 0 to 2147483, or -1, but',
    ],
    [{ env: { RACECAR_PAUSE_TIMEOUT: '-0.5' } }, 'pause_timeout must be a number of seconds'],
    [{ env: { RACECAR_FETCH_MIN_BYTES: '0' } }, 'fetch_min_bytes must be a whole number of bytes, at least 1, but'],
    [{ env: { RACECAR_SERIAL: 'maybe' } }, 'serial must be true or false, but env RACECAR_SERIAL says "maybe"'],
    [{ env: { RACECAR_LOG_LEVEL: 'loud' } }, 'log_level must be one of debug, info, warn, error, but'],
    [{ env: { RACECAR_CLIENT_ID: ' ' } }, 'client_id must be a text that is not empty, but'],
    [{ given: { clientId: {} } }, 'client_id must be a text that is not empty, but the program says an object'],
    [
      { given: { brokers: [] } },
      'brokers must be a list with at least one member, separated by commas, but the program says []',
    ],
    [{ env: { RACECAR_BROKERS: ',' } }, 'brokers must be a list with at least one member'],
    [
      { env: { RACECAR_BROKERS: 'a:b' } },
      'brokers must be a list of host or host:port, an IPv6 address in brackets, but',
    ],
    [
      { given: { brokers: [5] } },
      'brokers must be a list, separated by commas, but the program says a list of other things',
    ],
    [
      { env: { RACECAR_PARTITION_ASSIGNMENT_STRATEGY: 'range,range' } },
      'partition_assignment_strategy must be a list of different values out of range, roundrobin, cooperative-sticky, but',
    ],
    [{ env: { RACECAR_PARTITION_ASSIGNMENT_STRATEGY: 'fair' } }, 'a list of different values out of'],
    [{ given: { clientId: () => 'a' } }, 'but the program says a function'],
    [{ given: { workers: 'x'.repeat(200) } }, `says "${'x'.repeat(79)}…`],
  ])('is named with its value and its source: %o', (sources, sentence) => {
    const problems = problemsOf(sources)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
  })

  it.each<[Sources, string]>([
    [{ env: { RACECAR_WOKERS: '3' } }, 'env RACECAR_WOKERS is no option; did you mean RACECAR_WORKERS?'],
    [{ env: { RACECAR_workers: '3' } }, 'env RACECAR_workers is no option; did you mean RACECAR_WORKERS?'],
    [{ env: { RACECAR_FOO: '3' } }, 'env RACECAR_FOO is no option'],
    [{ env: { RACECAR_ENVIRONMENT: 'x' } }, 'env RACECAR_ENVIRONMENT is no option'],
    [{ flags: { 'session-timout': '3' } }, 'flag --session-timout is no option; did you mean --session-timeout?'],
    [
      { classOptions: { pause_timeout: 3 }, consumer: 'A' },
      'pause_timeout in class A is no option; did you mean pauseTimeout?',
    ],
    [
      { classOptions: { parallelWorkers: 3 }, consumer: 'A' },
      'parallelWorkers in class A is no option; did you mean workers?',
    ],
    [{ given: { brocers: 'a' } }, 'brocers in the program is no option; did you mean brokers?'],
    [
      { classOptions: { brokers: ['a'] } as never, consumer: 'A' },
      'brokers cannot be set by a class, but class A does; set it by --brokers or RACECAR_BROKERS',
    ],
  ])('that the table does not know is named, with what was probably meant: %o', (sources, sentence) => {
    expect(problemsOf(sources)).toEqual([sentence])
  })

  it('does not hide another: all of them come at once', () => {
    const sources = {
      classOptions: { serial: 'perhaps', nothing: 1 },
      consumer: 'A',
      env: { RACECAR_WORKERS: 'x', RACECAR_HEARTBEAT_INTERVAL: '25' },
      flags: { brokers: '' },
    }
    const problems = problemsOf(sources)
    expect(problems).toHaveLength(5)
    expect(() => loadConfig(sources)).toThrow(/^5 options are wrong:\n- (.*\n- ){4}.*$/)
  })

  it('is a mistake even where a stronger source overrules it', () => {
    expect(problemsOf({ env: { RACECAR_WORKERS: 'x' }, flags: { workers: '3' } })).toHaveLength(1)
  })

  it('carries its parts, for programs', () => {
    try {
      loadConfig({ flags: { workers: 'x' } })
      expect.unreachable()
    } catch (error) {
      expect((error as ConfigError).problems).toMatchObject([
        { option: 'workers', value: 'x', source: 'flag --workers' },
      ])
    }
  })
})

describe('brokers', () => {
  it.each([
    ['kafka', ['kafka:9092']],
    ['kafka:9093', ['kafka:9093']],
    [' a:1 , b ,', ['a:1', 'b:9092']],
    ['10.0.0.1', ['10.0.0.1:9092']],
    ['[::1]', ['[::1]:9092']],
    ['[fe80::1%eth0]:9093', ['[fe80::1%eth0]:9093']],
    [
      ['a', 'b:1,c'],
      ['a:9092', 'b:1', 'c:9092'],
    ],
  ])('%j are %j', (given, brokers) => {
    expect(loadConfig({ given: { brokers: given } }).config.brokers).toEqual(brokers)
  })

  it.each(['::1', '[kafka]:9092', 'a:0', 'a:65536', 'kafka://a:9092', 'a b', 'a:', ':9092', '[::1]9092'])(
    'are not %j',
    given => {
      expect(problemsOf({ given: { brokers: given } })).toHaveLength(1)
    },
  )
})

describe('require', () => {
  it('may be empty, and its commas part files but not the braces of a glob', () => {
    expect(loadConfig({ given: { require: [] } }).config.require).toEqual([])
    expect(loadConfig({ flags: { require: ['a.ts, b.ts', 'src/{c,d}.ts'] } }).config.require).toEqual([
      'a.ts',
      'b.ts',
      'src/{c,d}.ts',
    ])
  })
})

describe('variables that Kubernetes sets for a Service', () => {
  it.each([
    ['RACECAR_SERVICE_HOST', '10.0.0.11'],
    ['RACECAR_SERVICE_PORT', '9292'],
    ['RACECAR_SERVICE_PORT_METRICS', '9292'],
    ['RACECAR_PORT', 'tcp://10.0.0.11:9292'],
    ['RACECAR_PORT_9292_TCP', 'tcp://10.0.0.11:9292'],
    ['RACECAR_PORT_9292_TCP_PROTO', 'tcp'],
    ['RACECAR_PORT_9292_TCP_PORT', '9292'],
    ['RACECAR_PORT_9292_TCP_ADDR', '10.0.0.11'],
    ['RACECAR_PORT_53_UDP', 'udp://10.0.0.11:53'],
    ['RACECAR_METRICS_SERVICE_HOST', '10.0.0.11'],
    ['RACECAR_METRICS_PORT', 'tcp://10.0.0.11:9292'],
    ['RACECAR_METRICS_PORT_9292_TCP', 'tcp://10.0.0.11:9292'],
  ])('are ignored: %s', (name, value) => {
    expect(problemsOf({ env: { [name]: value } })).toEqual([])
  })

  it('are told in one line, however many they are', () => {
    const env = {
      RACECAR_SERVICE_HOST: '10.0.0.11',
      RACECAR_SERVICE_PORT: '9292',
      RACECAR_PORT: 'tcp://10.0.0.11:9292',
    }
    expect(loadConfig({ env }).warnings).toEqual([
      'RACECAR_SERVICE_HOST and 2 more are ignored: Kubernetes sets them for a Service of that name; ' +
        "enableServiceLinks: false in the pod's spec leaves them out",
    ])
    expect(loadConfig({ env: { RACECAR_WORKERS: '2', PATH: '/bin' } }).warnings).toEqual([])
  })

  it.each([
    ['RACECAR_METRICS_PORT', '9292'],
    ['RACECAR_PORTS', '9292'],
    ['RACECAR_SERVICE', 'x'],
    ['RACECAR_PORT_TCP', 'tcp://10.0.0.11:9292'],
  ])('do not hide a mistake: %s=%s', (name, value) => {
    expect(problemsOf({ env: { [name]: value } })).toHaveLength(1)
  })

  it('and other variables that look alike are no options', () => {
    expect(problemsOf({ env: { RACECAR_ENV: 'production', RACECARS: 'x', racecar_workers: 'x' } })).toEqual([])
  })
})
