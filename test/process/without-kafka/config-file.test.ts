import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

const YAML = 'common:\n  workers: 1\n  crash_limit: 2\nstaging:\n  workers: 2\n'

it('config/racecar.ts sets options, by environment too, and its onError is called in the workers', async () => {
  await using project = new Project({ members: "initialize() { throw new Error('no database') }" })
  project.write('config/racecar.yml', YAML)
  project.write(
    'config/racecar.ts',
    `import { appendFileSync } from 'node:fs'
     import { defineConfig, type ErrorInfo } from 'racecar'
     export default defineConfig(async ({ env }: { env: string }) => ({
       restartBackoffMax: 0.1,
       clientId: 'in-' + env,
       onError: (error: unknown, { consumer }: ErrorInfo) =>
         appendFileSync(process.env.SAID!, consumer + ': ' + (error as Error).message + '\\n'),
       environments: { staging: { crashLimit: 3 } },
     }))`,
  )
  const racecar = project.start('--env', 'staging')
  await racecar.line('primary.started')
  racecar.signal('SIGUSR1')
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(racecar.stderr).toContain('WelcomeConsumer/0 crashed 3 times')
  expect(racecar.stderr).toMatch(/^crash_limit +=\s3 {2}\(config\/racecar\.ts, environment staging\)$/m)
  expect(racecar.stderr).toMatch(/^client_id +=\sin-staging {2}\(config\/racecar\.ts\)$/m)
  expect(racecar.stderr).toMatch(/^workers +=\s2 {2}\(config\/racecar\.yml, section staging\)$/m)
  expect(racecar.all('primary.started')[0]?.files).toEqual(['config/racecar.yml', 'config/racecar.ts'])
  expect(new Set(project.said)).toEqual(new Set(['WelcomeConsumer: no database']))
  project.expectNothingLeft()
})

it.each([
  [
    'throws',
    "throw new TypeError('no secret here')",
    /config\/racecar\.mjs could not be loaded: TypeError: no secret here/,
  ],
  [
    'never finishes loading',
    'await new Promise(() => setInterval(() => {}, 1000))',
    /it was not done within boot_timeout \(1 s\)/,
  ],
  ['blocks the event loop', 'for (;;);', /it was not done within boot_timeout \(1 s\)/],
  [
    'throws beside',
    "setTimeout(() => { throw Object.assign(new Error('later'), { password: 'hunter2' }) }); await new Promise(() => setInterval(() => {}, 1000))",
    /^(?![\s\S]*hunter2)[\s\S]*config\/racecar\.mjs could not be loaded: Error: later/,
  ],
  ['ends its process', 'process.exit(0)', /it ended its process with 0/],
  ['exports nothing', '', /config\/racecar\.mjs must have a default export/],
  ['exports something else', 'export default 7', /it gives a number/],
  [
    'has an onError that is none',
    "export default { onError: 'log' }",
    /onError in config\/racecar\.mjs must be a function/,
  ],
  ['sets a wrong value', 'export default { workers: () => 3 }', /workers must be a whole number/],
  [
    'sets an unknown option',
    'export default { worker: 3 }',
    /worker in config\/racecar\.mjs is no option; did you mean workers\?/,
  ],
])('a configuration file that %s ends racecar with 78 before anything is forked', async (_, code, says) => {
  await using project = new Project()
  project.write('config/racecar.mjs', code)
  const racecar = project.start('--boot-timeout', '1')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toMatch(says)
  expect(racecar.forks()).toEqual([])
  project.expectNothingLeft()
})

it('a configuration file that throws hides nothing else that is wrong', async () => {
  await using project = new Project()
  project.write('config/racecar.yml', 'common: { worker: 3 }')
  project.write('config/racecar.mjs', "throw new Error('boom')")
  const racecar = project.start('--log-level', 'loud')
  expect(await project.ended(racecar)).toEqual([78, null])
  for (const says of ['3 options are wrong', 'worker in config/racecar.yml', 'Error: boom', 'flag --log-level'])
    expect(racecar.stderr).toContain(says)
})

it('a configuration file that is no TypeScript ends racecar with 78', async () => {
  await using project = new Project()
  project.write('config/racecar.ts', 'export default {')
  const racecar = project.start()
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain('config/racecar.ts:1:')
  project.expectNothingLeft()
})

it.each(['SIGTERM', 'SIGINT'] as const)('%s ends racecar with 0 while a configuration file hangs', async signal => {
  await using project = new Project()
  project.write(
    'config/racecar.mjs',
    "import { appendFileSync } from 'node:fs'; appendFileSync(process.env.SAID, process.pid + '\\n'); await new Promise(() => setInterval(() => {}, 1000))",
  )
  const racecar = project.start()
  await project.until('the file being loaded', () => project.said.length === 1)
  racecar.signal(signal)
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(racecar.stderr).toBe('')
  project.expectNothingLeft()
})

it('without workers the functions of config/racecar.ts are called as well', async () => {
  await using project = new Project({ members: "initialize() { throw new Error('no database') }" })
  project.write(
    'config/racecar.mjs',
    `import { appendFileSync } from 'node:fs'
     export default { workers: 0, onError: error => appendFileSync(process.env.SAID, error.message + '\\n') }`,
  )
  const racecar = project.start()
  expect(await project.ended(racecar)).toEqual([1, null])
  expect(project.said).toEqual(['no database'])
  project.expectNothingLeft()
})
