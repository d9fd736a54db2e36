import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NOWHERE, Project, up } from '../../support/process.ts'
import { isAlive, RacecarProcess } from '../../support/racecar-process.ts'
import { racecarctl, statusOf } from '../../support/racecarctl.ts'

it('a consumer that runs in this process is shown, and stopped, like any other', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const racecar = project.start('--workers', '0')
  await racecar.line('worker.started')
  expect(await statusOf(project.folder)).toMatchObject({
    pid: racecar.pid,
    state: 'running',
    group: 'welcome-consumer',
    slots: [{ name: 'WelcomeConsumer/0', pid: racecar.pid, state: 'up', answers: true, partitions: [] }],
  })
  expect((await racecarctl(project.folder, 'stop')).code).toBe(0)
  expect(racecar.exit ?? (await racecar.exited)).toEqual([0, null])
  expect(project.said).toEqual(['torn down'])
  await project.ended(racecar)
  project.expectNothingLeft()
})

it.each(['2', '0'])('what does not stop is ended by force, with 2 (--workers %s)', async workers => {
  await using project = new Project({
    members: "async teardown() { say('tearing down'); await new Promise(() => {}) }",
  })
  const racecar = project.start('--workers', workers, '--shutdown-timeout', '600')
  await project.until('being up', () => racecar.all('worker.started').length === Math.max(1, Number(workers)))
  const patient = await racecarctl(project.folder, 'stop', '--timeout', '1')
  expect(patient.code).toBe(1)
  expect(patient.stderr).toContain('still runs after 1 s')
  expect((await statusOf(project.folder)).state).toBe('stopping')
  const forced = await racecarctl(project.folder, 'stop', '--timeout', '0', '--force')
  expect(forced.code).toBe(0)
  expect(forced.stdout).toContain(`WelcomeConsumer (${racecar.pid}) was ended at once`)
  expect(await project.ended(racecar)).toEqual([2, null])
  expect(racecar.stderr).toContain('racecar ends with exit code 2: racecarctl ended it at once')
  project.expectNothingLeft()
})

it('a primary that does not answer is killed by force alone, and its workers leave by themselves', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  racecar.signal('SIGSTOP')
  expect(await racecarctl(project.folder, 'status')).toMatchObject({
    code: 1,
    stderr: `WelcomeConsumer (${racecar.pid}) does not answer.\n`,
  })
  expect((await racecarctl(project.folder, 'stop', '--timeout', '0')).code).toBe(1)
  expect(isAlive(racecar.pid)).toBe(true)
  const forced = await racecarctl(project.folder, 'stop', '--timeout', '0', '--force')
  expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining(`(${racecar.pid}) was killed.`) })
  expect(await project.ended(racecar)).toEqual([null, 'SIGKILL'])
  expect(project.said).toEqual(['torn down', 'torn down'])
})

it('a stop while the user’s module is still loading ends it with 0', async () => {
  await using project = new Project({ module: "say('importing'); await new Promise(() => {})" })
  const racecar = project.start('--workers', '2')
  await project.until('importing', () => project.said.length === 1)
  expect((await statusOf(project.folder)).slots).toEqual([
    expect.objectContaining({ state: 'starting', answers: true, partitions: [] }),
  ])
  expect((await racecarctl(project.folder, 'stop')).code).toBe(0)
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('a racecar without a place for its socket says so in one line, and runs', async () => {
  await using project = new Project()
  symlinkSync(project.folder, project.path('racecar'))
  const racecar = new RacecarProcess({
    cwd: project.folder,
    args: ['--brokers', NOWHERE, '--workers', '0', 'WelcomeConsumer'],
    env: { SAID: project.path('said'), TMPDIR: project.path('gone') },
  })
  await racecar.line('worker.started')
  const warnings = racecar.all('line', ({ level, from }) => level === 'warn' && from === 'control')
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^racecarctl will not find this racecar: .*racecar is a link; .* cannot be made: ENOENT.*\.$/,
    ),
  ])
  const { code, stderr } = await racecarctl(project.folder, 'status')
  expect([code, stderr]).toEqual([1, expect.stringContaining('racecar is a link; it was not looked into.')])
  racecar.signal('SIGTERM')
  expect(await racecar.closed).toEqual([0, null])
  rmSync(project.path('racecar'))
})

it('user code that exits in this process leaves no socket', async () => {
  await using project = new Project({ members: 'initialize() { setTimeout(() => process.exit(5), 200) }' })
  const racecar = project.start('--workers', '0')
  await racecar.line('worker.started')
  expect(readdirSync(join(project.folder, 'racecar')).map(name => name.split('.')[1])).toEqual(['json', 'sock'])
  expect(await project.ended(racecar)).toEqual([5, null])
  project.expectNothingLeft()
})
