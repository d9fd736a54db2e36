import { expect, it } from 'vitest'
import { Container, canContain } from '../../support/container.ts'
import { Project, up } from '../../support/process.ts'

import { isAlive } from '../../support/racecar-process.ts'

it.runIf(canContain)('racecar as process 1 of a container replaces, reaps and stops like any other', async () => {
  await using project = new Project({ members: "teardown() { say('torn down') }" })
  await using container = new Container(project, { args: ['--workers', '3'] })
  const { racecar } = container
  await up(racecar, 3)
  expect(racecar.all('primary.started').map(({ pid }) => pid)).toEqual([1])
  const [primary, ...workers] = container.processes()
  expect(workers.map(({ parent }) => parent)).toEqual(Array(3).fill(primary!.pid))

  const dead = workers[1]!.pid
  process.kill(dead, 'SIGKILL')
  await racecar.until('a fourth worker being up', () => racecar.all('slot.up').length === 4)
  const after = container.processes()
  expect(after.filter(({ state }) => state === 'Z')).toEqual([])
  expect(after.map(({ pid }) => pid)).not.toContain(dead)
  expect(after).toHaveLength(4)
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ code: null, signal: 'SIGKILL' })])

  container.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.all('slot.exited').slice(1)).toEqual(Array(3).fill(expect.objectContaining({ code: 0 })))
  expect(project.said).toEqual(Array(3).fill('torn down'))
  expect(after.map(({ pid }) => pid).filter(isAlive)).toEqual([])
  project.expectNothingLeft()
})
