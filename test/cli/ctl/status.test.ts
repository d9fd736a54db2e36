import { describe, expect, it } from 'vitest'
import { asText, status } from '../../../src/cli/ctl/status.ts'
import { placeOf } from '../../../src/supervisor/run-folder.ts'
import type { PartitionStatus, SlotStatus } from '../../../src/supervisor/status.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { Rig } from './rig.ts'

const NOW = Date.UTC(2026, 0, 1)
const ago = (ms: number): string => new Date(NOW - ms).toISOString()

const slot: SlotStatus = {
  name: 'WelcomeConsumer/0',
  pid: 101,
  state: 'up',
  since: ago(200_000),
  nextAt: null,
  restarts: 0,
  lastReason: null,
  answers: true,
  partitions: [],
}
const partition: PartitionStatus = {
  topic: 'greetings',
  partition: 0,
  position: 7,
  committed: 5,
  lag: 2,
  paused: false,
  pausedUntil: null,
  inHandSince: null,
  quiet: false,
  why: null,
}
const hello = { pid: 100, birth: 'b', consumer: 'WelcomeConsumer', pidfile: null, version: '1.2.3', group: null }

const text = (slots: readonly SlotStatus[]): string => asText({ ...hello, state: 'running', quiet: [], slots }, NOW)

describe('the table', () => {
  it('is aligned, with times that a person reads', () => {
    const shown = asText(
      {
        ...hello,
        group: 'welcome',
        pidfile: '/run/welcome.pid',
        state: 'stopping',
        quiet: [],
        slots: [
          {
            ...slot,
            partitions: [
              { ...partition, position: 12_345, inHandSince: ago(3000) },
              { ...partition, partition: 10 },
            ],
          },
          {
            ...slot,
            name: 'WelcomeConsumer/10',
            pid: null,
            state: 'down',
            since: ago(1000),
            nextAt: ago(-3000),
            restarts: 12,
            lastReason: 'was ended by SIGKILL',
          },
          { ...slot, name: 'WelcomeConsumer/2', answers: false },
        ],
      },
      NOW,
    )
    expect(shown).toBe(
      [
        'WelcomeConsumer is stopping: pid 100, group welcome, racecar 1.2.3, pidfile /run/welcome.pid',
        '',
        'SLOT                PID  STATE                FOR         RESTARTS  LAST REASON',
        'WelcomeConsumer/0   101  up                   3 min 20 s         0  –',
        'WelcomeConsumer/10    –  down, again in 3 s   1 s               12  was ended by SIGKILL',
        'WelcomeConsumer/2   101  up, does not answer  3 min 20 s         0  –',
        '',
        'PARTITION     SLOT               POSITION  COMMITTED  LAG  NOW',
        'greetings/0   WelcomeConsumer/0     12345          5    2  in hand for 3 s',
        'greetings/10  WelcomeConsumer/0         7          5    2  waits',
        '',
      ].join('\n'),
    )
  })

  it('says what is paused, and for how long', () => {
    const partitions = [
      { ...partition, paused: true, pausedUntil: ago(-5000) },
      { ...partition, paused: true },
    ]
    const lines = text([{ ...slot, partitions }]).split('\n')
    expect(lines.map(line => line.split('  ').at(-1))).toEqual(
      expect.arrayContaining(['paused for another 5 s', 'paused for good']),
    )
  })

  it('says what is quiet, what of it is still in hand, and what would be quiet if it were here', () => {
    const quiet = { ...partition, quiet: true }
    const partitions = [quiet, { ...quiet, inHandSince: ago(3000) }, { ...quiet, paused: true }, partition]
    const some = [
      { consumer: 'WelcomeConsumer', all: false, except: ['greetings/0', 'greetings/9'] },
      { consumer: 'MailConsumer', all: true, except: ['mails/1'] },
      { consumer: 'PayConsumer', all: true, except: [] },
    ]
    const shown = asText({ ...hello, state: 'running', quiet: some, slots: [{ ...slot, partitions }] }, NOW)
    const lines = shown.split('\n')
    expect(lines.slice(1, 3)).toEqual([
      '',
      'Quiet: greetings/0, greetings/9 of WelcomeConsumer; all of MailConsumer but mails/1; all of PayConsumer',
    ])
    expect(lines.slice(-5, -1).map(line => line.split('  ').at(-1))).toEqual([
      'quiet',
      'in hand for 3 s, quiet',
      'paused for good, quiet',
      'waits',
    ])
    const all = [{ consumer: 'WelcomeConsumer', all: true, except: [] }]
    expect(asText({ ...hello, state: 'quiet', quiet: all, slots: [] }, NOW)).toBe(
      'WelcomeConsumer is quiet: pid 100, racecar 1.2.3\n',
    )
  })

  it('of an older racecar, which knows of nothing quiet, is told all the same', () => {
    const { quiet, ...older } = { ...hello, state: 'running' as const, quiet: [], slots: [] }
    expect(quiet).toEqual([])
    expect(asText(older as never, NOW)).toBe('WelcomeConsumer is running: pid 100, racecar 1.2.3\n')
  })

  it('holds nothing that a terminal would obey, and no line that is broken or endless', () => {
    const lastReason = `failed: \x1b[2Jboom\n at Object.<anonymous>\r\u2028${'x'.repeat(500)}`
    const shown = text([{ ...slot, lastReason }])
    expect(shown.split('\n')).toHaveLength(5)
    expect(shown).toContain('failed: [2Jboom at Object.<anonymous> xxx')
    expect([...shown].filter(letter => letter !== '\n' && /\p{Cc}|\u2028/u.test(letter))).toEqual([])
    expect(Math.max(...shown.split('\n').map(line => line.length))).toBeLessThan(200)
  })

  it('of a racecar without slots is one line', () => {
    expect(text([])).toBe('WelcomeConsumer is running: pid 100, racecar 1.2.3\n')
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
    rig.standing = async () => ({ state: 'running', quiet: [], slots })
    expect(await status(target(rig), { json: true }, rig.ground())).toBe(0)
    expect(JSON.parse(rig.out)).toEqual({ ...rig.identity(), group: 'welcome', state: 'running', quiet: [], slots })
  })

  it('watched comes again every second, and ends with the racecar', async () => {
    await using rig = new Rig()
    const control = await rig.racecar()
    let asked = 0
    rig.standing = async () => {
      if (++asked === 3) await control.close()
      return { state: 'running', quiet: [], slots: [] }
    }
    expect(await status(target(rig), { watch: true, json: true }, rig.ground())).toBe(1)
    expect(rig.out.trimEnd().split('\n')).toHaveLength(2)
    expect(rig.err).toBe(`WelcomeConsumer (${process.pid}) is gone.\n`)
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
