import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it.each(['SIGINT', 'SIGQUIT'] as const)(
  '%s of the whole process group, as a terminal sends it, is one drain that the primary leads',
  async signal => {
    await using project = new Project({ members: "teardown() { say('torn down') }" })
    const racecar = project.start('--workers', '3')
    await up(racecar, 3)
    for (const pid of racecar.workers()) process.kill(pid, signal)
    racecar.signal(signal)
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(racecar.all('slot.exited').map(({ code }) => code)).toEqual([0, 0, 0])
    expect(racecar.all('worker.stopping').map(({ reason }) => reason)).toEqual([signal, signal, signal])
    expect(project.said).toHaveLength(3)
    expect(racecar.all('slot.restarting')).toEqual([])
    project.expectNothingLeft()
  },
)
