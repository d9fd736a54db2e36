import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('the pidfile of a primary that was killed is replaced, with a warning', async () => {
  await using project = new Project()
  const first = project.start('--workers', '0')
  await first.line('worker.started')
  first.signal('SIGKILL')
  expect(await project.ended(first)).toEqual([null, 'SIGKILL'])
  expect(project.read('racecar.pid')).toBe(`${first.pid}\n`)
  expect(existsSync(`${project.pidfile}.lock`)).toBe(true)
  await expectReplaced(project, first.pid)
})

it('the pidfile of a dead process that nobody has locked is replaced, with a warning', async () => {
  await using project = new Project()
  const { pid } = spawnSync('true')
  project.write('racecar.pid', `${pid}\n`)
  await expectReplaced(project, pid)
})

it('a second racecar is refused while the first lives, though somebody has tidied the lock away', async () => {
  await using project = new Project()
  const first = project.start('--workers', '1')
  await up(first, 1)
  rmSync(`${project.pidfile}.lock`, { recursive: true })
  const second = project.start('--workers', '1')
  expect(await project.ended(second)).toEqual([75, null])
  expect(second.stderr).toContain(`the process ${first.pid} holds the pidfile ${project.pidfile}`)
  expect(second.forks()).toEqual([])
  expect(project.read('racecar.pid')).toBe(`${first.pid}\n`)
  first.signal('SIGTERM')
  expect(await project.ended(first)).toEqual([0, null])
  project.expectNothingLeft()
})

async function expectReplaced(project: Project, dead: number): Promise<void> {
  const next = project.start('--workers', '1')
  await up(next, 1)
  expect(next.all('line', ({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    `The pidfile ${project.pidfile} is taken over: the process ${dead} is gone.`,
  ])
  expect(project.read('racecar.pid')).toBe(`${next.pid}\n`)
  next.signal('SIGTERM')
  expect(await project.ended(next)).toEqual([0, null])
  project.expectNothingLeft()
}
