import { statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import type { RacecarProcess } from '../../support/racecar-process.ts'

it('of twenty racecars with one pidfile one lives, and the others exit 75 and leave its file alone', async () => {
  await using project = new Project()
  const winner = await theOneOfTwenty(project, '--workers', '1')
  await up(winner, 1)
  winner.signal('SIGTERM')
  expect(await project.ended(winner)).toEqual([0, null])
  project.expectNothingLeft()
})

it('and so again and again, after the last one has stopped and after it was killed', async () => {
  await using project = new Project()
  for (const end of ['SIGTERM', 'SIGKILL', 'SIGKILL', 'SIGTERM'] as const) {
    const winner = await theOneOfTwenty(project, '--workers', '0')
    await winner.line('worker.started')
    winner.signal(end)
    expect(await project.ended(winner)).toEqual(end === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null])
  }
  project.expectNothingLeft()
})

async function theOneOfTwenty(project: Project, ...args: string[]): Promise<RacecarProcess> {
  const before = project.read('racecar.pid')
  const racecars = Array.from({ length: 20 }, () => project.start(...args))
  await project.until('one having the pidfile', () => !['', before].includes(project.read('racecar.pid')))
  const file = fileOf(project)
  await project.until('nineteen being gone', () => racecars.filter(({ exit }) => exit).length === 19, 60_000)
  const [winner] = racecars.filter(({ exit }) => !exit)
  const losers = racecars.filter(racecar => racecar !== winner)
  for (const loser of losers) {
    expect(await project.ended(loser)).toEqual([75, null])
    expect(loser.stderr).toContain('racecar ends with exit code 75: Another racecar runs')
    expect(loser.forks()).toEqual([])
  }
  expect(project.read('racecar.pid')).toBe(`${winner!.pid}\n`)
  expect(fileOf(project), 'the same file, untouched').toEqual(file)
  return winner!
}

function fileOf(project: Project) {
  const { ino, mtimeMs, ctimeMs } = statSync(project.pidfile)
  return { ino, mtimeMs, ctimeMs }
}
