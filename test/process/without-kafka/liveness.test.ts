import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { type CtlResult, racecarctl } from '../../support/racecarctl.ts'

const LIVE = 'common: { liveness_probe_enabled: true, liveness_probe_file_path: alive, liveness_probe_max_interval: 1 }'

function lively(members = ''): Project {
  const project = new Project({ members, module: "import { readFileSync } from 'node:fs'" })
  project.write('config/racecar.yml', LIVE)
  return project
}

const probe = ({ folder }: Project): Promise<CtlResult> => racecarctl(folder, 'liveness-probe')
const answers = (project: Project, code: number) =>
  expect.poll(async () => (await probe(project)).code, { timeout: 20_000 }).toBe(code)

it('a racecar lives while its primary does, whatever becomes of workers and brokers, and no longer', async () => {
  await using project = lively()
  expect(await probe(project)).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no liveness file') })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  await answers(project, 0)
  process.kill(racecar.workers()[0]!, 'SIGKILL')
  await racecar.line('slot.up', ({ slot }) => slot === 'WelcomeConsumer/0', racecar.lines.length)
  await answers(project, 0)

  racecar.signal('SIGSTOP')
  await answers(project, 1)
  expect((await probe(project)).stderr).toMatch(/the last sign of life was \d+ s ago, more than 1 s/)
  racecar.signal('SIGCONT')
  await answers(project, 0)

  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(existsSync(project.path('alive'))).toBe(false)
  expect((await probe(project)).code).toBe(1)
  expect(racecar.all('line', ({ from, level }) => from === 'liveness' && level === 'error')).toEqual([])
  project.expectNothingLeft()
})

it('without workers it is this process, and a handler that blocks it is seen', async () => {
  await using project = lively(
    "initialize() { say('blocks'); while (readFileSync(process.env.SAID, 'utf8') !== 'go on'); }",
  )
  const racecar = project.start('--workers', '0')
  await project.until('the loop being blocked', () => project.said.length === 1)
  await answers(project, 1)
  project.write('said', 'go on')
  await racecar.line('worker.started')
  await answers(project, 0)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  expect(existsSync(project.path('alive'))).toBe(false)
})

it('nothing is left of a start that fails, nor of an end by SIGINT twice', async () => {
  await using project = lively("initialize() { throw new Error('no database') }")
  const failed = project.start('--crash-limit', '2', '--restart-backoff-max', '0')
  expect(await project.ended(failed)).toEqual([1, null])
  expect(failed.all('line', ({ from }) => from === 'liveness')).toHaveLength(1)
  expect(existsSync(project.path('alive'))).toBe(false)
  const forced = project.start('--boot-timeout', '60', '--crash-limit', '1000')
  await forced.line('slot.exited')
  forced.signal('SIGINT')
  forced.signal('SIGINT')
  await project.ended(forced)
  expect(existsSync(project.path('alive'))).toBe(false)
})

it('what cannot be touched, or is touched by another racecar, ends the start with 73', async () => {
  await using project = lively()
  const nowhere = project.start('--liveness-probe-file-path', 'no/such/folder/alive')
  expect(await project.ended(nowhere)).toEqual([73, null])
  expect(nowhere.stderr).toMatch(
    /The liveness file \/.*\/no\/such\/folder\/alive \(liveness_probe_file_path\) cannot be/,
  )
  const first = project.start()
  await up(first, 1)
  const second = project.start('--pidfile', project.path('second.pid'))
  expect(await project.ended(second)).toEqual([73, null])
  expect(second.stderr).toContain(`the racecar ${first.pid} touches it, and each needs its own`)
  await answers(project, 0)
  first.signal('SIGTERM')
  expect(await project.ended(first)).toEqual([0, null])
  project.expectNothingLeft()
})
