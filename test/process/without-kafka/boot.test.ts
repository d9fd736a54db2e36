import { expect, it } from 'vitest'
import { type } from '../../support/command.ts'
import { Project, up } from '../../support/process.ts'

const SAY =
  "import { appendFileSync } from 'node:fs'; const say = text => appendFileSync(process.env.SAID, text + '\\n');"

/** What it sets up is there when everything else is imported. */
function booting(boot = "globalThis.app = 'ready'"): Project {
  const project = new Project({ module: "say('consumer: ' + globalThis.app)" })
  project.write('helper.js', `${SAY} say('helper: ' + globalThis.app)`)
  project.write('node_modules/wheel/package.json', '{ "type": "module", "exports": "./main.js" }')
  project.write('node_modules/wheel/main.js', `${SAY} say('wheel: ' + globalThis.app)`)
  project.write('src/boot.js', `${SAY} export default async ({ env }) => { await null; say('boots ' + env); ${boot} }`)
  return project
}

const ORDER = ['boots staging', 'helper: ready', 'wheel: ready', 'consumer: ready']
const BOOT = ['--boot', 'src/boot', '-r', './helper', '-r', 'wheel', '--env', 'staging']

it.each(['0', '1'])('boot comes before all else with --workers %s, and is waited for', async workers => {
  await using project = booting()
  const racecar = project.start(...BOOT, '--workers', workers)
  await racecar.line('worker.started')
  expect(project.said).toEqual(ORDER)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('boot in TypeScript has the same modules as the consumer, and is read afresh for a restart', async () => {
  await using project = new Project({
    module: "import { app } from '../src/app.ts'; say('consumer: ' + app.name)",
  })
  const boot = (name: string) =>
    project.write(
      'src/boot.ts',
      `import { app } from './app.ts'; export default () => { app.name = '${name}' as string }`,
    )
  project.write('src/app.ts', "export const app: { name: string } = { name: 'nobody' }")
  project.write('config/racecar.yml', 'common: { boot: ./src/boot.ts }')
  boot('first')
  const racecar = project.start()
  await up(racecar, 1)
  boot('second')
  racecar.signal('SIGUSR2')
  await racecar.line('slot.ready')
  expect(project.said).toEqual(['consumer: first', 'consumer: second'])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
})

it('a boot that fails is a start that fails', async () => {
  await using project = booting("throw new TypeError('no database')")
  const racecar = project.start(...BOOT, '--crash-limit', '1')
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(racecar.stderr).toContain('boot failed: src/boot.js: TypeError: no database')
  expect(project.said).toEqual(['boots staging'])
  project.expectNothingLeft()
})

it('a boot, or a module, that waits for what it produces is refused at once', async () => {
  const produce = "await (await import('racecar')).produceSync('one', { topic: 'names' })"
  const refused = 'produceSync() cannot be awaited while a worker loads its modules'
  await using project = booting(produce)
  const racecar = project.start(...BOOT, '--crash-limit', '1')
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(racecar.stderr).toContain(`boot failed: src/boot.js: RacecarError: ${refused}`)
  await using another = new Project({ module: produce })
  const alone = another.start('--workers', '0')
  expect(await another.ended(alone)).toEqual([1, null])
  expect(alone.stderr).toContain(refused)
})

it('--without-app, or by its old name, leaves boot out; a boot that is not there ends racecar with 78', async () => {
  await using project = booting()
  const racecar = project.start(...BOOT, '--without-rails')
  await up(racecar, 1)
  expect(project.said).toEqual(['helper: undefined', 'wheel: undefined', 'consumer: undefined'])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  const wrong = project.start('--boot', 'src/boots')
  expect(await project.ended(wrong)).toEqual([78, null])
  expect(wrong.stderr).toContain('boot names "src/boots", but there is no such module')
})

it('racecar check boots, as a start does before it joins, unless it is to be left out', async () => {
  await using project = booting("throw new Error('no database')")
  const checked = await type(project, 'check', ...BOOT, 'WelcomeConsumer').returned
  expect([checked.exit, checked.out]).toEqual([[1, null], ''])
  expect(checked.err).toContain('boot failed: src/boot.js: Error: no database')
  const without = await type(project, 'check', ...BOOT, '--without-app', 'WelcomeConsumer').returned
  expect(without).toMatchObject({ exit: [0, null], err: '' })
})
