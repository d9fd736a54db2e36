import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { now } from '../../support/ledger.ts'
import { Project, up } from '../../support/process.ts'

const crashesWhile = (file: string) => ({
  module: "import { existsSync } from 'node:fs'",
  members: `initialize() { if (existsSync('${file}')) process.exit(9) }`,
})
const WINDOW_MS = 1500

it('a worker that crashes after a healthy while is replaced at once, however often it had crashed before', async () => {
  await using project = new Project(crashesWhile('broken'))
  writeFileSync(project.path('broken'), '')
  const racecar = project.start('--workers', '1', '--crash-window', `${WINDOW_MS / 1000}`, '--crash-limit', '100')
  const waits = () => racecar.all('slot.restarting').map(({ inMs, crashes }) => [inMs, crashes])
  await racecar.until('two crashes', () => waits().length === 2)
  await rm(project.path('broken'))
  await up(racecar, 1)
  const healthy = racecar.all('slot.up').at(-1)!
  const before = waits()
  expect(before.slice(0, 2)).toEqual([
    [0, 1],
    [1000, 2],
  ])
  await project.until('it being up for crash_window', () => now() - healthy.at > WINDOW_MS)
  process.kill(healthy.pid, 'SIGKILL')
  await racecar.line('slot.up', ({ pid }) => pid !== healthy.pid)
  expect(waits()).toEqual([...before, [0, 1]])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('a worker that crashes soon after it was up is not forgiven the crash before', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '1', '--crash-window', '600', '--restart-backoff-max', '0.2')
  for (let crash = 0; crash < 3; crash++) {
    await up(racecar, 1)
    process.kill(racecar.workers()[0]!, 'SIGKILL')
    await racecar.until('it being replaced', () => racecar.all('slot.restarting').length === crash + 1)
  }
  expect(racecar.all('slot.restarting').map(({ inMs, crashes }) => [inMs, crashes])).toEqual([
    [0, 1],
    [200, 2],
    [200, 3],
  ])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
