import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'
import { statusOf } from '../../support/racecarctl.ts'

// Text, numbers, nothing at all, what looks like our own messages without their mark, with it and without what belongs into them.
const GARBAGE = `[
  'up', 7, null, [], new Map([[{}, {}]]), 'x'.repeat(200_000), { type: 'up' }, { channel: 'racecar' },
  ...['ready', 'described', 'refused', 'event', 'report', 'nonsense', 'constructor', 7]
    .flatMap(type => [{}, { event: null, description: null, error: null, lanes: null },
                      { event: {}, description: {}, error: {}, lanes: [null, {}] },
                      { event: 'e', description: 'd', error: 'r', lanes: 'l' }]
      .map(rest => ({ channel: 'racecar', type, ...rest }))),
  ...['worker.failed', 'group.joined', 'line', 'nonsense', 'constructor', null]
    .flatMap(name => [undefined, null, {}, { error: null }].map(data => (
      { channel: 'racecar', type: 'event', event: { name, data } }))),
]`

it('a worker that floods its channel harms nobody: not the primary, nor its memory, nor the others', async () => {
  await using project = new Project({
    module: `
      const garbage = ${GARBAGE}
      let sent = 0
      const flood = () => {
        for (const one of garbage.slice(1)) process.send(one)
        sent += garbage.length
        process.send(garbage[0], undefined, undefined, error => {
          if (error) return
          if (sent >= 100_000) { sent = -Infinity; say('flooded') }
          setImmediate(flood)
        })
      }
      process.once('SIGUSR2', () => { say('floods'); flood() })`,
  })
  const racecar = project.start('--workers', '2')
  await up(racecar, 2)
  const [flooder, other] = racecar.workers()
  const before = residentMb(racecar.pid)
  process.kill(flooder!, 'SIGUSR2')
  await project.until('a hundred thousand messages', () => project.said.includes('flooded'))

  process.kill(other!, 'SIGKILL')
  await racecar.line('slot.up', ({ pid }) => ![flooder, other].includes(pid))
  expect((await statusOf(project.folder)).slots.map(({ state }) => state)).toEqual(['up', 'up'])
  expect(residentMb(racecar.pid) - before, 'megabytes that the primary has grown by').toBeLessThan(200)
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: other })])
  expect(racecar.workers()).toContain(flooder)

  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.each(['process.disconnect()', "import('node:cluster').then(({ default: { worker } }) => worker.disconnect())"])(
  'a worker that closes its channel, by %s, drains, exits 3 and is replaced',
  async disconnect => {
    await using project = new Project({
      module: `process.once('SIGUSR2', () => { ${disconnect} })`,
      members: "teardown() { say('torn down ' + process.pid) }",
    })
    const racecar = project.start('--workers', '2')
    await up(racecar, 2)
    const [before, other] = racecar.workers()
    process.kill(before!, 'SIGUSR2')
    await racecar.line('slot.up', ({ pid }) => ![before, other].includes(pid))
    expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: before, code: 3, signal: null })])
    expect(racecar.all('slot.restarting')).toEqual([expect.objectContaining({ inMs: 0 })])
    expect(project.said).toEqual([`torn down ${before}`])
    expect(racecar.workers()).toContain(other)
    racecar.signal('SIGTERM')
    expect(await project.ended(racecar)).toEqual([0, null])
    project.expectNothingLeft()
  },
)

function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
