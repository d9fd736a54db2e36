import { describe, expect, it } from 'vitest'
import { status } from '../../../src/cli/ctl/status.ts'
import { statusText } from '../../../src/cli/ctl/status-text.ts'
import type { About } from '../../../src/supervisor/commands.ts'
import { placeOf } from '../../../src/supervisor/run-folder.ts'
import type { SlotStatus } from '../../../src/supervisor/status.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { ABOUT, Rig } from './rig.ts'
import { aPartition, aSlot } from './samples.ts'

const NOW = Date.UTC(2026, 0, 1)
const ago = (ms: number): string => new Date(NOW - ms).toISOString()

const slot: SlotStatus = { ...aSlot, since: ago(200_000) }
const partition = aPartition
const hello = { pid: 100, birth: 'b', consumer: 'WelcomeConsumer', pidfile: null, version: '1.2.3', group: null }
const about: About = {
  startedAt: ago(7_500_000),
  memoryBytes: 61 * 2 ** 20,
  logfile: null,
  configuration: { files: [], environment: 'development', variables: [], flags: [] },
}
const HEAD = 'WelcomeConsumer is running: pid 100, up 2 h 5 min, 61 MB, racecar 1.2.3\nConfiguration: defaults alone\n'

const text = (slots: readonly SlotStatus[]): string =>
  statusText({ ...hello, ...about, state: 'running', quiet: [], restart: null, slots }, NOW)

describe('the table', () => {
  it('is aligned, fits into a hundred columns, and has times that a person reads', () => {
    const inHand = [{ topic: 'greetings', partition: 3, offset: 99, lastOffset: 99, since: ago(35_000) }]
    const why = 'attempt 2 failed: no route to host'
    const shown = statusText(
      {
        ...hello,
        group: 'welcome',
        pidfile: '/run/welcome.pid',
        ...about,
        logfile: '/var/log/welcome.log',
        configuration: {
          files: ['config/racecar.yml'],
          environment: 'production',
          variables: ['RACECAR_BROKERS'],
          flags: ['--workers', '--group-id'],
        },
        state: 'stopping',
        quiet: [],
        restart: null,
        slots: [
          {
            ...slot,
            partitions: [
              {
                ...partition,
                position: 12_345,
                inHandOffset: 12_345,
                inHandLastOffset: 12_345,
                inHandSince: ago(3000),
              },
              { ...partition, partition: 10, paused: true, pausedUntil: ago(-5000), why },
            ],
          },
          {
            ...slot,
            ...{ memoryBytes: null, cpuPercent: null, loopDelayMs: null, measuredOverMs: null },
            name: 'WelcomeConsumer/10',
            pid: null,
            state: 'down',
            since: ago(1000),
            nextAt: ago(-3000),
            restarts: 12,
            lastReason: 'was ended by SIGKILL from outside, perhaps for want of memory',
          },
          {
            ...slot,
            ...{ cpuPercent: null, loopDelayMs: null, measuredOverMs: null, answeredAt: null },
            name: 'WelcomeConsumer/2',
            answers: false,
            lastHeard: { at: ago(30_000), inHand, more: 1 },
          },
        ],
      },
      NOW,
    )
    expect(shown).toBe(
      [
        'WelcomeConsumer is stopping: pid 100, group welcome, up 2 h 5 min, 61 MB, racecar 1.2.3',
        'Configuration: config/racecar.yml (production); RACECAR_BROKERS; --workers, --group-id',
        'Files: pidfile /run/welcome.pid, log file /var/log/welcome.log',
        '',
        'SLOT                PID  STATE                FOR         RESTARTS  MEMORY  CPU  DELAY',
        'WelcomeConsumer/0   101  up                   3 min 20 s         0   84 MB  2 %   1 ms',
        'WelcomeConsumer/10    –  down, again in 3 s   1 s               12       –    –      –',
        '  its last process was ended by SIGKILL from outside, perhaps for want of memory',
        'WelcomeConsumer/2   101  up, does not answer  3 min 20 s         0   84 MB    –      –',
        '  last heard 30 s ago, with greetings/3@99 in hand and 1 more',
        '',
        'PARTITION     SLOT               POSITION  COMMITTED  LAG  WAITING  NOW',
        'greetings/0   WelcomeConsumer/0     12345          5    2        1  12345 in hand for 3 s',
        'greetings/10  WelcomeConsumer/0         7          5    2        1  paused for another 5 s',
        '  attempt 2 failed: no route to host',
        'greetings/3   WelcomeConsumer/2         –          –    –        –  had 99 in hand for 35 s',
        '2 partitions, lag 4, 1 in hand, 1 paused, as far as is known of 1 worker that does not answer',
        '',
      ].join('\n'),
    )
  })

  it('of a worker that does not answer any more has its last figures, and of the rest its last word', () => {
    const inHand = [{ topic: 'greetings', partition: 0, offset: 8, lastOffset: 9, since: ago(2000) }]
    const partitions = [partition, { ...partition, partition: 1, paused: true, why: 'attempt 1 failed: boom' }]
    const lastHeard = { at: ago(2000), inHand, more: 0 }
    const lines = text([{ ...slot, answers: false, answeredAt: ago(7000), lastHeard, partitions }]).split('\n')
    expect(lines.slice(4)).toEqual([
      'WelcomeConsumer/0  101  up, does not answer  3 min 20 s         0   84 MB  2 %   1 ms',
      '  last heard 2 s ago, with greetings/0@8…9 in hand; figures of 7 s ago',
      '',
      'PARTITION    SLOT               POSITION  COMMITTED  LAG  WAITING  NOW',
      'greetings/0  WelcomeConsumer/0         7          5    2        1  had 8…9 in hand for 2 s',
      'greetings/1  WelcomeConsumer/0         7          5    2        1  –',
      '2 partitions, lag 4, as far as is known of 1 worker that does not answer',
      '',
    ])
  })

  it('cuts long names in the middle, and breaks a long list of facts into lines', () => {
    const topic = `${'production.eu-central-1.shop.'.repeat(6)}order-events`
    const flags = Array.from({ length: 20 }, (_, number) => `--some-long-flag-${number}`)
    const name = 'AVeryLongNameOfAConsumerIndeedConsumer/12'
    const inHand = { inHandOffset: 12_345_678, inHandLastOffset: 12_345_678, inHandSince: ago(3000) }
    const one = { ...partition, topic, partition: 117, position: 12_345_678, ...inHand }
    const why = `attempt 2 failed: ${'x'.repeat(180)}`
    const shown = statusText(
      {
        ...hello,
        ...about,
        configuration: { ...about.configuration, flags },
        state: 'running',
        quiet: [],
        restart: null,
        slots: [
          { ...slot, name, lastReason: why, partitions: [one, { ...one, inHandSince: null, paused: true, why }] },
        ],
      },
      NOW,
    )
    const lines = shown.split('\n')
    expect(lines.filter(line => line.length > 100)).toEqual([])
    expect(lines.filter(line => /^produ\S*…\S*s\/117 /.test(line))).toHaveLength(2)
    expect(lines.filter(line => /AVery\S*…\S*er\/12 /.test(line))).toHaveLength(2)
    expect(flags.every(one => shown.includes(one))).toBe(true)
  })

  it('says of a batch up to where it is in hand, and what hinders a partition that is not paused', () => {
    const batch = { ...partition, inHandOffset: 7, inHandLastOffset: 99, inHandSince: ago(3000) }
    const held = { ...partition, why: 'a hook has to end first' }
    const lines = text([{ ...slot, partitions: [batch, held] }]).split('\n')
    expect(lines.slice(-5, -2).map(line => line.split('  ').at(-1))).toEqual([
      '7…99 in hand for 3 s',
      'held',
      'a hook has to end first',
    ])
    expect(lines.at(-2)).toBe('2 partitions, lag 4, 1 in hand')
  })

  it('says what is paused, for how long and why', () => {
    const partitions = [
      { ...partition, paused: true, pausedUntil: ago(-5000), why: 'attempt 1 failed: boom' },
      { ...partition, paused: true, why: 'poisoned' },
    ]
    const lines = text([{ ...slot, partitions }]).split('\n')
    expect(lines.slice(-6, -1).map(line => line.split('  ').at(-1))).toEqual([
      'paused for another 5 s',
      'attempt 1 failed: boom',
      'paused for good',
      'poisoned',
      '2 partitions, lag 4, 2 paused',
    ])
  })

  it('says what is quiet, what of it is still in hand, and what would be quiet if it were here', () => {
    const quiet = { ...partition, quiet: true, why: 'quiet' }
    const inHand = { inHandOffset: 7, inHandLastOffset: 7, inHandSince: ago(3000) }
    const partitions = [quiet, { ...quiet, ...inHand }, { ...quiet, paused: true, why: null }, partition]
    const some = [
      { consumer: 'WelcomeConsumer', all: false, except: ['greetings/0', 'greetings/9'] },
      { consumer: 'MailConsumer', all: true, except: ['mails/1'] },
      { consumer: 'PayConsumer', all: true, except: [] },
    ]
    const standing = {
      ...hello,
      ...about,
      state: 'running',
      quiet: some,
      restart: null,
      slots: [{ ...slot, partitions }],
    } as const
    const lines = statusText(standing, NOW).split('\n')
    expect(lines.slice(2, 4)).toEqual([
      'Quiet: greetings/0, greetings/9 of WelcomeConsumer; all of MailConsumer but mails/1; all of',
      '  PayConsumer',
    ])
    expect(lines.slice(-6, -2).map(line => line.split('  ').at(-1))).toEqual([
      'quiet',
      '7 in hand for 3 s, quiet',
      'paused for good, quiet',
      'waits',
    ])
    const all = [{ consumer: 'WelcomeConsumer', all: true, except: [] }]
    expect(statusText({ ...hello, ...about, state: 'quiet', quiet: all, restart: null, slots: [] }, NOW)).toBe(
      HEAD.replace('running', 'quiet'),
    )
  })

  it('says of a worker that the group has not heard of it for long', () => {
    const late = text([{ ...slot, lastBeatAt: ago(16_000) }]).split('\n')
    expect(late.find(line => line.includes('group'))?.trim()).toBe('the group last heard of it 16 s ago')
    expect(text([{ ...slot, lastBeatAt: ago(14_000) }])).not.toContain('group')
  })

  it.each([
    [{}, 'Restart: for 5 s, 1 replaced, WelcomeConsumer/1 is next'],
    [{ slot: null }, 'Restart: for 5 s, 1 replaced'],
    [{ state: 'done', endedAt: ago(2000) }, 'Restart: done 2 s ago, 1 replaced'],
    [{ state: 'failed', endedAt: ago(2000), failure: 'no room' }, 'Restart: failed 2 s ago, 1 replaced; no room'],
  ] as const)('says how the last restart goes, or went: %j', (changes, words) => {
    const begun = { id: 1, state: 'running', by: 'SIGUSR2', since: ago(5000), endedAt: null } as const
    const restart = { ...begun, replaced: 1, slot: 'WelcomeConsumer/1', failure: null, ...changes }
    const standing = { ...hello, ...about, state: 'running', quiet: [], restart, slots: [] } as const
    expect(statusText(standing, NOW).split('\n')[2]).toBe(words)
  })

  it('of an older racecar, which says less, is shown all the same', () => {
    const { name, pid, state, since, nextAt, restarts, lastReason, answers } = slot
    const { topic, position, committed, lag, paused, pausedUntil, inHandSince } = partition
    const partitions = [{ topic, partition: 0, position, committed, lag, paused, pausedUntil, inHandSince }]
    const older = { name, pid, state, since, nextAt, restarts, lastReason, answers, partitions }
    expect(statusText({ ...hello, state: 'running', slots: [older] } as never, NOW)).toBe(
      [
        'WelcomeConsumer is running: pid 100, racecar 1.2.3',
        '',
        'SLOT               PID  STATE  FOR         RESTARTS  MEMORY  CPU  DELAY',
        'WelcomeConsumer/0  101  up     3 min 20 s         0       –    –      –',
        '',
        'PARTITION    SLOT               POSITION  COMMITTED  LAG  WAITING  NOW',
        'greetings/0  WelcomeConsumer/0         7          5    2        –  waits',
        '1 partition, lag 2',
        '',
      ].join('\n'),
    )
  })

  it('holds nothing that a terminal would obey, and no line that is broken or endless', () => {
    const lastReason = `failed: \x1b[2Jboom\n at Object.<anonymous>\r\u2028${'x'.repeat(500)}`
    const shown = text([{ ...slot, lastReason }])
    expect(shown.split('\n')).toHaveLength(7)
    expect(shown).toContain('failed: [2Jboom at Object.<anonymous> xxx')
    expect([...shown].filter(letter => letter !== '\n' && /\p{Cc}|\u2028/u.test(letter))).toEqual([])
    expect(Math.max(...shown.split('\n').map(line => line.length))).toBeLessThan(101)
  })

  it('of a racecar without slots is its head', () => {
    expect(text([])).toBe(HEAD)
  })
})

describe('racecarctl status', () => {
  const target = (rig: Rig) => ({
    identity: rig.identity(),
    socket: placeOf(rig.folder, rig.identity()).socket,
    group: null,
  })

  it('as JSON is all there is, whole', async () => {
    await using rig = new Rig()
    await rig.racecar()
    const slots = [{ ...slot, lastReason: 'x'.repeat(500) }]
    rig.standing = async () => ({ state: 'running', quiet: [], restart: null, slots })
    expect(await status(target(rig), { json: true }, rig.ground())).toBe(0)
    expect(JSON.parse(rig.out)).toEqual({
      ...rig.identity(),
      group: 'welcome',
      ...ABOUT,
      state: 'running',
      quiet: [],
      restart: null,
      slots,
    })
  })

  it('watched comes again every second, and ends with the racecar', async () => {
    await using rig = new Rig()
    const control = await rig.racecar()
    let asked = 0
    rig.standing = async () => {
      if (++asked === 3) await control.close()
      return { state: 'running', quiet: [], restart: null, slots: [] }
    }
    expect(await status(target(rig), { watch: true, json: true }, rig.ground())).toBe(1)
    expect(rig.out.trimEnd().split('\n')).toHaveLength(2)
    expect(rig.err).toBe(`WelcomeConsumer (${process.pid}) is gone.\n`)
  })

  it('watched by nobody but a file is one table after the other, and nothing for a terminal', async () => {
    await using rig = new Rig()
    await rig.racecar()
    const stop = new AbortController()
    let asked = 0
    rig.standing = async () => {
      if (++asked === 3) stop.abort()
      return { state: 'running', quiet: [], restart: null, slots: [] }
    }
    const watching = status(target(rig), { watch: 0.1 }, rig.ground({ interrupted: () => stop.signal }))
    expect(await watching).toBe(0)
    expect(rig.out.split('\n\n').map(one => one.split(':')[0])).toEqual(Array(2).fill('WelcomeConsumer is running'))
    expect(rig.out).not.toContain('\x1b')
  })

  it('of one that does not answer fails within seconds', async () => {
    await using rig = new Rig()
    await rig.mute()
    const clock = new FakeClock()
    expect(await clock.when(status(target(rig), {}, rig.ground({ clock })))).toBe(1)
    expect(rig.err).toBe(`WelcomeConsumer (${process.pid}) does not answer.\n`)
    expect(clock.now()).toBeLessThan(10_000)
  })
})
