import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { racecarctl, statusOf } from '../../support/racecarctl.ts'

function two(goodbye = ''): Project {
  const project = new Project({ members: "teardown() { say('welcome') }" })
  project.write(
    'consumers/goodbye-consumer.js',
    `import { appendFileSync } from 'node:fs'
     import { Consumer } from 'racecar'
     export class GoodbyeConsumer extends Consumer {
       static { this.subscribesTo('farewells') }
       ${goodbye}
       process() {}
       teardown() { appendFileSync(process.env.SAID, 'goodbye\\n') }
     }`,
  )
  return project
}

it('two consumers on one command line have a primary in common, slots and groups of their own, and one stop', async () => {
  await using project = two()
  const racecar = project.start('--workers', '2', 'GoodbyeConsumer')
  await up(racecar, 4)
  const names = ['GoodbyeConsumer/0', 'GoodbyeConsumer/1', 'WelcomeConsumer/0', 'WelcomeConsumer/1']
  expect([...new Set(racecar.all('slot.forked').map(({ slot }) => slot))].sort()).toEqual(names)
  expect(
    racecar
      .all('primary.started')
      .map(({ consumer, groupId }) => [consumer, groupId])
      .sort(),
  ).toEqual([
    ['GoodbyeConsumer', 'goodbye-consumer'],
    ['WelcomeConsumer', 'welcome-consumer'],
  ])
  for (const consumer of ['WelcomeConsumer', 'GoodbyeConsumer']) {
    const { code, stdout } = await racecarctl(project.folder, 'status', '--consumer', consumer)
    expect(code).toBe(0)
    for (const name of names) expect(stdout).toContain(name)
  }
  const [victim] = racecar.all('slot.forked', ({ slot }) => slot === 'WelcomeConsumer/1')
  process.kill(victim!.pid, 'SIGKILL')
  await racecar.line('slot.up', ({ slot, pid }) => slot === 'WelcomeConsumer/1' && pid !== victim!.pid)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(project.said.sort()).toEqual(['goodbye', 'goodbye', 'welcome', 'welcome'])
  project.expectNothingLeft()
})

it('each of them has the options of its own class', async () => {
  await using project = two('static { this.configure({ workers: 3 }) }')
  const racecar = project.start('GoodbyeConsumer')
  await up(racecar, 4)
  expect(
    racecar
      .all('primary.started')
      .map(({ consumer, workers }) => [consumer, workers])
      .sort(),
  ).toEqual([
    ['GoodbyeConsumer', 3],
    ['WelcomeConsumer', 1],
  ])
  racecar.signal('SIGUSR1')
  const shows = (consumer: string) => racecar.stderr.includes(`${consumer}:\nbrokers `)
  await project.until('the options of both', () => shows('GoodbyeConsumer') && shows('WelcomeConsumer'))
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.each([
  [
    ['--group-id', 'one', 'GoodbyeConsumer'],
    /group_id is one \(flag --group-id\), but GoodbyeConsumer and WelcomeConsumer need a group each/,
  ],
  [['--workers', '0', 'GoodbyeConsumer'], /workers is 0 \(flag --workers\), but GoodbyeConsumer does not run alone/],
  [['WelcomeConsumer'], /WelcomeConsumer is named twice/],
  [['NoConsumer'], /There is no consumer NoConsumer/],
])('%j is refused with 78 before anything is forked', async (args, says) => {
  await using project = two()
  const racecar = project.start(...args)
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toMatch(says)
  expect(racecar.forks()).toEqual([])
  project.expectNothingLeft()
})

it('a class that wants no workers ends all with 78', async () => {
  await using project = two('static { this.configure({ workers: 0 }) }')
  const racecar = project.start('GoodbyeConsumer')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toMatch(/workers is 0 \(class GoodbyeConsumer\), but GoodbyeConsumer does not run alone/)
  project.expectNothingLeft()
})

it('one of two consumers is quiet alone, also in what comes after a worker of it that dies', async () => {
  await using project = two()
  const racecar = project.start('--workers', '1', 'GoodbyeConsumer')
  await up(racecar, 2)
  const narrowed = await racecarctl(project.folder, 'quiet', '--only', 'GoodbyeConsumer')
  expect(narrowed).toMatchObject({ code: 0, stdout: expect.stringContaining('is quiet (GoodbyeConsumer)') })
  const quiet = [{ consumer: 'GoodbyeConsumer', all: true, except: [] }]
  expect(await statusOf(project.folder)).toMatchObject({ state: 'running', quiet })
  const { message } = await racecar.line('primary.quiet')
  expect(message).toBe(
    'Quiet, asked by racecarctl: no further message of GoodbyeConsumer is started until told to go on.',
  )
  const [, victim] = racecar.workers()
  process.kill(victim!, 'SIGKILL')
  await racecar.line('slot.exited')
  await up(racecar, 2)
  expect(await statusOf(project.folder)).toMatchObject({ state: 'running', quiet })
  const unknown = await racecarctl(project.folder, 'continue', '--only', 'HelloConsumer')
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining('refuses: there is no consumer HelloConsumer here'),
  ])
  expect((await racecarctl(project.folder, 'quiet')).code).toBe(0)
  expect((await statusOf(project.folder)).state).toBe('quiet')
  expect((await racecarctl(project.folder, 'stop')).code).toBe(0)
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
