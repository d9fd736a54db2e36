import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

it('SIGTERM before anything is forked ends with 0', async () => {
  await using project = new Project({})
  const racecar = project.start('--workers', '3')
  await project.until('the pidfile being there', () => existsSync(project.pidfile))
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.all('slot.up')).toEqual([])
  project.expectNothingLeft()
})

it('SIGTERM while the consumer is imported ends with 0, and no worker comes up', async () => {
  await using project = new Project({ module: "say('importing'); await new Promise(() => {})" })
  const racecar = project.start('--workers', '3')
  await project.until('importing', () => project.said.length === 1)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(1)
  expect(racecar.all('slot.up')).toEqual([])
  project.expectNothingLeft()
})

it('SIGTERM while the consumer initializes waits for that, tears down, and ends with 0', async () => {
  await using project = new Project({
    members: `async initialize() { say('initializing'); await new Promise(resolve => process.once('SIGUSR2', resolve)); say('initialized') }
              teardown() { say('torn down') }`,
  })
  const racecar = project.start('--workers', '1')
  await project.until('initializing', () => project.said.length === 1)
  racecar.signal('SIGTERM')
  await racecar.line('worker.stopping')
  process.kill(racecar.workers()[0]!, 'SIGUSR2')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(project.said).toEqual(['initializing', 'initialized', 'torn down'])
  project.expectNothingLeft()
})
