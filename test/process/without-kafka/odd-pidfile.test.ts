import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import type { RacecarProcess } from '../../support/racecar-process.ts'

it('an empty pidfile is taken over', async () => {
  await using project = new Project()
  project.write('racecar.pid', '')
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  expect(project.read('racecar.pid')).toBe(`${racecar.pid}\n`)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.each(['my shopping list\n', '-1\n', '4711 and more'])(
  'a pidfile that holds %j is refused, and stays',
  async text => {
    await using project = new Project()
    project.write('racecar.pid', text)
    await expectRefused(project, 'it holds something that is no process id')
    expect(project.read('racecar.pid')).toBe(text)
  },
)

it('a folder in the place of the pidfile is refused, and stays with all that is in it', async () => {
  await using project = new Project()
  mkdirSync(project.pidfile)
  project.write('racecar.pid/kept', 'for later')
  await expectRefused(project, 'it is no ordinary file')
  expect(project.read('racecar.pid/kept')).toBe('for later')
})

it.each(['', '4711\n', undefined])('a link in the place of the pidfile is refused, and stays (to %j)', async text => {
  await using project = new Project()
  if (text !== undefined) project.write('target', text)
  symlinkSync('target', project.pidfile)
  await expectRefused(project, 'it is no ordinary file')
  expect(readlinkSync(project.pidfile)).toBe('target')
  expect(readdirSync(project.folder).includes('target')).toBe(text !== undefined)
  if (text !== undefined) expect(project.read('target')).toBe(text)
})

it('a pidfile that is deleted meanwhile is said to be, and the stop is clean', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  rmSync(project.pidfile)
  await expectCleanStop(project, racecar, 'was deleted meanwhile')
  project.expectNothingLeft()
})

it.each(['4711\n', 'my shopping list\n', ''])('a pidfile that is changed to %j meanwhile stays', async text => {
  await using project = new Project()
  const racecar = project.start('--workers', '1')
  await up(racecar, 1)
  project.write('racecar.pid', text)
  await expectCleanStop(project, racecar, 'was changed meanwhile')
  expect(project.read('racecar.pid')).toBe(text)
  expect(lstatSync(project.pidfile).isFile()).toBe(true)
  rmSync(project.pidfile)
  project.expectNothingLeft()
})

async function expectRefused(project: Project, why: string): Promise<void> {
  const racecar = project.start('--workers', '1')
  expect(await project.ended(racecar)).toEqual([73, null])
  const cure = 'Check the path, its rights, and the space on the disk.'
  expect(racecar.stderr).toBe(
    `racecar ends with exit code 73: The pidfile ${project.pidfile} cannot be written: ${why}. ${cure}\n`,
  )
  expect(racecar.forks()).toEqual([])
  expect(readdirSync(project.folder).filter(name => name.includes('.pid'))).toEqual(['racecar.pid'])
}

async function expectCleanStop(project: Project, racecar: RacecarProcess, what: string): Promise<void> {
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const warnings = racecar.all('line', ({ level }) => level === 'warn').map(({ message }) => message)
  expect(warnings).toEqual([`The pidfile ${project.pidfile} ${what}.`])
}
