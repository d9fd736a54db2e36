import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { isAlive } from '../../support/racecar-process.ts'

it('workers whose primary is killed tear down and exit 3; the next start takes over the pidfile', async () => {
  await using project = new Project({
    module: "process.on('exit', code => say('exit ' + code))",
    members: "teardown() { say('torn down') }",
  })
  const racecar = project.start('--workers', '3')
  await up(racecar, 3)
  const workers = racecar.workers()
  racecar.signal('SIGKILL')
  expect(await racecar.exited).toEqual([null, 'SIGKILL'])
  await project.until('all workers being gone', () => !workers.some(isAlive))
  expect(project.said.sort()).toEqual([...Array(3).fill('exit 3'), ...Array(3).fill('torn down')])
  expect(existsSync(project.pidfile)).toBe(true)
  const next = project.start('--workers', '1')
  await up(next, 1)
  expect(project.read('racecar.pid')).toBe(`${next.pid}\n`)
  next.signal('SIGTERM')
  expect(await project.ended(next)).toEqual([0, null])
  project.expectNothingLeft()
})

it('a worker that still imports when its primary is killed exits 3 as well', async () => {
  await using project = new Project({
    module: "process.on('exit', code => say('exit ' + code)); say('importing'); await new Promise(() => {})",
  })
  const racecar = project.start('--workers', '1')
  await project.until('importing', () => project.said.length === 1)
  const workers = racecar.forks()
  racecar.signal('SIGKILL')
  await project.until('the worker being gone', () => !workers.some(isAlive))
  expect(project.said).toEqual(['importing', 'exit 3'])
})
