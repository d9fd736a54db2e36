import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it('of twenty racecars with one pidfile one lives, and the others exit 75 and leave its file alone', async () => {
  await using project = new Project()
  const racecars = Array.from({ length: 20 }, () => project.start('--workers', '1'))
  await project.until('nineteen being gone', () => racecars.filter(({ exit }) => exit).length === 19, 60_000)
  const [winner] = racecars.filter(({ exit }) => !exit)
  const losers = racecars.filter(racecar => racecar !== winner)
  expect(losers.map(({ exit }) => exit)).toEqual(Array(19).fill([75, null]))
  expect(losers.every(({ stderr }) => stderr.includes('racecar ends with exit code 75: Another racecar runs'))).toBe(
    true,
  )
  expect(losers.flatMap(racecar => racecar.forks())).toEqual([])
  expect(project.read('racecar.pid')).toBe(`${winner!.pid}\n`)
  await up(winner!, 1)
  winner!.signal('SIGTERM')
  expect(await project.ended(winner!)).toEqual([0, null])
  project.expectNothingLeft()
})
