// A service of Type=notify, as systemd would start it: real processes, the real systemd-notify, and a socket in systemd's place.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Progress } from '../../src/cli/progress.ts'
import { Systemd } from '../../src/cli/systemd.ts'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Datagrams } from '../support/datagrams.ts'
import { Project, up } from '../support/process.ts'

const hasNotify = spawnSync('systemd-notify', ['--version']).status === 0

/** What was told, line by line, without the order to answer that systemd-notify adds. */
const told = ({ all }: Datagrams): string[] =>
  all.flatMap(packet => packet.split('\n')).filter(line => line !== '' && line !== 'BARRIER=1')

it.runIf(hasNotify)('systemd is told that it is ready, how it stands, that it lives, and that it stops', async () => {
  using systemd = new Datagrams()
  await using project = new Project()
  const under = ['env', `NOTIFY_SOCKET=${systemd.path}`, 'WATCHDOG_USEC=600000']
  const racecar = project.startUnder(under, '--workers', '2')
  await up(racecar, 2)
  await project.until('it being ready', () => told(systemd).includes('READY=1'))
  await project.until('two signs of life after that', () => {
    const lines = told(systemd)
    return lines.slice(lines.indexOf('READY=1')).filter(line => line === 'WATCHDOG=1').length >= 2
  })
  await project.until('all being told of', () => told(systemd).includes('STATUS=2 of 2 workers up'))
  for (const pid of racecar.workers())
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/)

  const [first] = racecar.workers()
  process.kill(first!, 'SIGKILL')
  await project.until('one being missed', () => told(systemd).includes('STATUS=1 of 2 workers up'))
  await racecar.line('slot.up', ({ slot }) => slot === 'WelcomeConsumer/0', racecar.lines.length)

  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const lines = told(systemd)
  expect(lines.filter(line => line === 'READY=1')).toHaveLength(1)
  expect(lines.filter(line => line === 'STOPPING=1')).toHaveLength(1)
  expect(lines.indexOf('STOPPING=1')).toBeGreaterThan(lines.lastIndexOf('READY=1'))
  expect(
    lines.filter(line => !/^(READY|STOPPING|WATCHDOG)=1$|^STATUS=(Stops: )?\d of \d workers up$/.test(line)),
  ).toEqual([])
  expect(racecar.all('line', ({ from }) => from === 'systemd')).toEqual([])
  project.expectNothingLeft()
})

it.runIf(hasNotify)(
  'it is told nothing of life any more where nothing can be done for a consumer, and why; then again',
  async () => {
    using systemd = new Datagrams()
    const desk = { lost: [] as string[], helpless: () => desk.lost, outline: () => ({ up: 1, of: 2 }) }
    const progress = new Progress(1)
    const notifying = { socket: systemd.path, watchdogMs: 90 }
    const telling = new Systemd(notifying, { desk, progress, bus: createBus(), clock: systemClock })
    telling.start()
    const beats = () => told(systemd).filter(line => line === 'WATCHDOG=1').length
    await expect.poll(beats).toBeGreaterThan(2)
    desk.lost = ['A']
    const said = 'STATUS=1 of 2 workers up; nothing can be done any more for A'
    await expect.poll(() => told(systemd)).toContain(said)
    const since = beats()
    desk.outline = () => ({ up: 0, of: 2 })
    await expect.poll(() => told(systemd)).toContain(said.replace('1 of', '0 of'))
    expect(beats()).toBe(since)
    desk.lost = []
    await expect.poll(beats).toBeGreaterThan(since)
    await telling.stop()
    expect(told(systemd)).not.toContain('READY=1')
  },
)

it.runIf(hasNotify)('what systemd did not hear it is told again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'systemd-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const later = join(folder, 'socket')
  const bus = createBus()
  const lines: string[] = []
  bus.on('line', ({ message }) => lines.push(message))
  const progress = new Progress(1)
  const desk = { helpless: () => [], outline: () => ({ up: 1, of: 1 }) }
  const telling = new Systemd({ socket: later, watchdogMs: 300 }, { desk, progress, bus, clock: systemClock })
  telling.start()
  await expect.poll(() => lines).toHaveLength(1)
  using systemd = new Datagrams()
  symlinkSync(systemd.path, later)
  await expect.poll(() => told(systemd)).toContain('STATUS=1 of 1 workers up')
  await telling.stop()
  expect(lines).toHaveLength(1)
})

it('a socket where nobody listens, or no systemd-notify, is a line in the log and nothing more', async () => {
  await using project = new Project()
  const racecar = project.startUnder(['env', 'NOTIFY_SOCKET=/nowhere/socket'], '--workers', '1')
  await up(racecar, 1)
  const line = await racecar.line('line', ({ from }) => from === 'systemd')
  expect(line).toMatchObject({
    level: 'warn',
    message: expect.stringMatching(/^systemd could not be told how this racecar stands: /),
  })
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
})
