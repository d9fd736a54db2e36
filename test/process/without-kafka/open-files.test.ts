import { expect, it } from 'vitest'
import { canLimit, limit, lowestFree, openFiles, triedEverLessOften } from '../../support/limits.ts'
import { Project, up } from '../../support/process.ts'
import { statusOf } from '../../support/racecarctl.ts'

it.runIf(canLimit)('a primary that may open no file more says so, forks ever less often, and recovers', async () => {
  await using project = new Project()
  const racecar = project.start('--workers', '2', '--crash-limit', '2', '--restart-backoff-max', '2')
  await up(racecar, 2)
  const before = openFiles(racecar.pid)
  const [dead, other] = racecar.workers()
  const lift = limit(racecar.pid, 'nofile', lowestFree(racecar.pid))
  process.kill(dead!, 'SIGKILL')

  await triedEverLessOften(racecar, 'WelcomeConsumer/0', 'EMFILE')
  expect(racecar.workers()).toEqual([other])

  lift()
  await up(racecar, 2)
  expect(racecar.workers()).toContain(other)
  await project.until('as many files being open as before', () => openFiles(racecar.pid) === before)
  expect((await statusOf(project.folder)).slots.map(({ state }) => state)).toEqual(['up', 'up'])
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.runIf(canLimit)(
  'a racecar that may open too few files to start ends with 1, says why, and leaves nothing',
  async () => {
    await using project = new Project()
    const racecar = project.startUnder(['prlimit', '--nofile=21:21'], '--workers', '2')
    expect(await project.ended(racecar)).toEqual([1, null])
    expect(racecar.stderr).toContain('EMFILE: too many open files')
    expect(racecar.forks()).toEqual([])
    project.expectNothingLeft()
  },
)
