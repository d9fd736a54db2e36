import { chownSync } from 'node:fs'
import { expect, it } from 'vitest'
import { AS_NOBODY, canBeNobody, limit, NOBODY, triedEverLessOften } from '../../support/limits.ts'
import { Project, up } from '../../support/process.ts'

it.runIf(canBeNobody)(
  'a worker that cannot be forked is no crash: it is tried again ever less often, and comes when it can',
  async () => {
    await using project = new Project()
    for (const name of ['.', 'said']) chownSync(project.path(name), NOBODY, NOBODY)
    const racecar = project.startUnder(AS_NOBODY, '--workers', '2', '--crash-limit', '2', '--restart-backoff-max', '2')
    await up(racecar, 2)
    const [dead, other] = racecar.workers()
    const lift = limit(racecar.pid, 'nproc', 1, AS_NOBODY)
    process.kill(dead!, 'SIGKILL')

    await triedEverLessOften(racecar, 'WelcomeConsumer/0', 'EAGAIN')
    const waits = racecar.all('slot.restarting').map(({ inMs }) => inMs)
    expect(waits.slice(0, 3)).toEqual([0, 1000, 2000])
    expect(racecar.workers()).toEqual([other])

    lift()
    await up(racecar, 2)
    expect(racecar.workers()).toContain(other)
    expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: dead })])
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(racecar.stderr).toBe('')
    project.expectNothingLeft()
  },
)
