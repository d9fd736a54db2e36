import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it('events are heard by the consumer’s module and by config/racecar.ts, in each worker', async () => {
  await using project = new Project({
    module: `import { events } from 'racecar'
      events.on('worker.started', ({ consumer }) => say('module of ' + process.pid + ': ' + consumer))`,
  })
  project.write(
    'config/racecar.ts',
    `import { appendFileSync } from 'node:fs'
     import { defineConfig, events } from 'racecar'
     events.on('worker.started', ({ groupId }) =>
       appendFileSync(process.env.SAID!, 'config of ' + process.pid + ': ' + groupId + '\\n'))
     export default defineConfig({ workers: 2 })`,
  )
  const racecar = project.start()
  await project.until('all of them', () => project.said.length === 4)
  const [first, second] = racecar.workers()
  expect(project.said.toSorted()).toEqual(
    [first, second]
      .flatMap(pid => [`config of ${pid}: welcome-consumer`, `module of ${pid}: WelcomeConsumer`])
      .toSorted(),
  )
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('a listener that fails is one line, and its worker lives, be it of another copy of the package', async () => {
  await using project = new Project({
    module: `import { events } from '../second/dist/index.js'
      events.on('loop.turned', async () => { say('turned'); throw new Error('no database') })`,
  })
  cpSync(join(root, 'dist'), project.path('second/dist'), { recursive: true })
  cpSync(join(root, 'package.json'), project.path('second/package.json'))
  symlinkSync(join(root, 'node_modules'), project.path('second/node_modules'))
  const racecar = project.start('--max-wait-time', '0.1')
  await project.until('some turns', () => project.said.length > 3)
  const failed = await racecar.line('subscriber.failed')
  expect([failed.pid, failed.level, failed.message]).toEqual([
    racecar.workers()[0],
    'error',
    'A listener to loop.turned failed: no database. It is called on, and told of this once.',
  ])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.all('subscriber.failed')).toHaveLength(1)
  expect(racecar.forks()).toHaveLength(1)
  project.expectNothingLeft()
})

it('in the primary, which imports no code of the user’s, a module that Node preloads hears them by their channels', async () => {
  await using project = new Project()
  project.write(
    'observe.mjs',
    `import { appendFileSync } from 'node:fs'
     import { subscribe } from 'node:diagnostics_channel'
     subscribe('racecar:slot.up', ({ slot }) => appendFileSync(process.env.SAID, slot + ' in ' + process.pid + '\\n'))`,
  )
  const racecar = project.startUnder(['env', `NODE_OPTIONS=--import=${project.path('observe.mjs')}`])
  await racecar.line('slot.up')
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(project.said).toEqual([`WelcomeConsumer/0 in ${racecar.pid}`])
  project.expectNothingLeft()
})
