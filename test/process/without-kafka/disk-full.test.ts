import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project } from '../../support/process.ts'

/** A disk of 64 KiB, which only the processes below see. */
const smallDisk = (project: Project, size = '64k') => {
  mkdirSync(project.path('disk'))
  const mount = `mount -t tmpfs -o size=${size} none ${project.path('disk')}`
  return [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `${mount} && head -c 60000 /dev/zero > ${project.path('disk/filler')}; exec "$0" "$@"`,
  ]
}
const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0

it.runIf(canMount)(
  'a full disk costs lines of the log, and nothing else; they are counted when there is space again',
  async () => {
    await using project = new Project({
      members: "initialize() { setInterval(() => this.logger.info('x'.repeat(500)), 2) }",
    })
    const log = project.path('disk/racecar.log')
    const racecar = project.startUnder(smallDisk(project), '--workers', '2', '--logfile', log)
    await project.until('a complaint', () => racecar.stderr.includes('Lines are lost until it can.'))
    expect(racecar.stderr).toMatch(/^racecar: The log file .+ cannot be written: ENOSPC/)
    const there = `/proc/${racecar.pid}/root${project.folder}/disk`
    // As an operator makes space.
    rmSync(`${there}/filler`)
    await project.until('the log going on', () =>
      readFileSync(`${there}/racecar.log`, 'utf8').includes('lines of this log were lost'),
    )
    const text = readFileSync(`${there}/racecar.log`, 'utf8')
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    expect(racecar.stderr.match(/cannot be written/g)!.length).toBeLessThan(5)
    expect(text.split('\n').filter(line => line.includes('"slot.exited"'))).toEqual([])
    project.expectNothingLeft()
  },
)

it.runIf(canMount)('a full disk for the pidfile ends racecar with 73 before anything is forked', async () => {
  await using project = new Project()
  const under = smallDisk(project, '60k')
  const racecar = project.startUnder(under, '--pidfile', project.path('disk/racecar.pid'))
  expect(await project.ended(racecar)).toEqual([73, null])
  expect(racecar.stderr).toContain('disk/racecar.pid cannot be written: ENOSPC')
  expect(racecar.forks()).toEqual([])
})
