import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/options.ts'
import type { ConfigError } from '../../src/config/problems.ts'

const problemsOf = (given: Partial<Config>): readonly string[] => {
  try {
    loadConfig({ given })
    return []
  } catch (error) {
    return (error as ConfigError).problems.map(({ sentence }) => sentence)
  }
}

describe('options that do not go together', () => {
  it.each<[Partial<Config>, string]>([
    [{ heartbeatInterval: 20 }, 'heartbeat_interval (20, the program) must be below session_timeout (20, default)'],
    [
      { sessionTimeout: 5 },
      'session_timeout (5, the program) must be at least 3 × max_wait_time (1, default) + heartbeat_interval (3, default), which is 6: raise session_timeout or lower max_wait_time',
    ],
    [
      { maxWaitTime: 30, sessionTimeout: 100 },
      'max_wait_time (30, the program) must be below socket_timeout (30, default)',
    ],
    [{ maxPauseTimeout: 60 }, 'max_pause_timeout (60, the program) needs pause_with_exponential_backoff, which is off'],
    [
      { maxPauseTimeout: 5, pauseWithExponentialBackoff: true },
      'max_pause_timeout (5, the program) must be at least pause_timeout (10, default)',
    ],
    [
      { partitionAssignmentStrategy: ['cooperative-sticky', 'range'] },
      'partition_assignment_strategy (cooperative-sticky,range, the program) must not mix cooperative-sticky with range or roundrobin',
    ],
  ])('are refused: %o', (given, sentence) => {
    const problems = problemsOf(given)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
  })

  it.each<[Partial<Config>]>([
    [{ sessionTimeout: 6 }],
    [{ sessionTimeout: 0.6, maxWaitTime: 0.1, heartbeatInterval: 0.3 }],
    [{ heartbeatInterval: 16 }],
    [{ maxWaitTime: 29.9, sessionTimeout: 100 }],
    [{ pauseWithExponentialBackoff: true, maxPauseTimeout: 10 }],
    [{ partitionAssignmentStrategy: ['roundrobin', 'range'] }],
    [{ partitionAssignmentStrategy: ['cooperative-sticky'] }],
  ])('are accepted up to the edge: %o', given => {
    expect(problemsOf(given)).toEqual([])
  })

  it('are reported against the one that somebody set', () => {
    try {
      loadConfig({ env: { RACECAR_SESSION_TIMEOUT: '2' } })
      expect.unreachable()
    } catch (error) {
      expect((error as ConfigError).problems).toMatchObject([
        { option: 'session_timeout', value: 2, source: 'env RACECAR_SESSION_TIMEOUT' },
      ])
    }
  })

  it('are not looked at while one of them is wrong by itself', () => {
    expect(problemsOf({ sessionTimeout: -1, heartbeatInterval: 100 })).toEqual([
      'session_timeout must be a number of seconds from 0.001 to 2147483, but the program says -1',
    ])
  })
})

describe('options that a class may still put right', () => {
  const env = { RACECAR_MAX_PAUSE_TIMEOUT: '60' }

  it('are not held against anybody before the class is known', () => {
    expect(loadConfig({ env, classPending: true }).config.maxPauseTimeout).toBe(60)
    expect(loadConfig({ env, classOptions: { pauseWithExponentialBackoff: true } }).config.maxPauseTimeout).toBe(60)
    expect(() => loadConfig({ env, classOptions: {} })).toThrow('max_pause_timeout (60, env RACECAR_MAX_PAUSE_TIMEOUT)')
  })

  it('are refused at once where no class can change them any more', () => {
    const both = { ...env, RACECAR_PAUSE_WITH_EXPONENTIAL_BACKOFF: 'no' }
    expect(() => loadConfig({ env: both, classPending: true })).toThrow('needs pause_with_exponential_backoff')
    const beats = { RACECAR_HEARTBEAT_INTERVAL: '30' }
    expect(() => loadConfig({ env: beats, classPending: true })).toThrow('must be below session_timeout')
  })
})

describe('options that work but are hardly meant', () => {
  it.each<[Partial<Config>, string]>([
    [{ heartbeatInterval: 7 }, 'heartbeat_interval (7, the program) is above a third of session_timeout (20, default)'],
    [{ pauseWithExponentialBackoff: true }, 'without max_pause_timeout'],
    [{ maxPollInterval: 10 }, 'rebalance_drain_timeout (30, default) is above max_poll_interval (10, the program)'],
    [
      { retryTimes: 2, pauseTimeout: 0 },
      'retry_times (2, the program) is never reached with pause_timeout (0, the program): the first error ends the worker',
    ],
    [{ retryTimes: 2, pauseTimeout: -1 }, 'the first error stops the partition'],
    [
      { synchronousCommits: true, offsetCommitInterval: 10 },
      'offset_commit_interval (10, the program) does not count with synchronous_commits (true, the program)',
    ],
    [{ crashLimit: 3 }, 'max_crashes_per_message (3, default) is not below crash_limit (3, the program)'],
  ])('are warned of: %o', (given, sentence) => {
    const { warnings } = loadConfig({ given })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(sentence)
  })

  it('are not at the edge', () => {
    expect(loadConfig({ given: { heartbeatInterval: 2, sessionTimeout: 6, maxPollInterval: 30 } }).warnings).toEqual([])
    expect(loadConfig({ given: { retryTimes: 0, pauseTimeout: 0 } }).warnings).toEqual([])
    expect(loadConfig({ given: { synchronousCommits: true } }).warnings).toEqual([])
  })
})
