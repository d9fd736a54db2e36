import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

it.each([
  ['is killed by SIGKILL', 'SIGKILL', { code: null, signal: 'SIGKILL' }],
  ['exits 0 although nobody has asked it to', 'SIGUSR2', { code: 0, signal: null }],
  ['throws an error that nobody catches', 'SIGCONT', { code: 1, signal: null }],
] as const)('a worker that %s is replaced at once, and the others do not notice', async (_, signal, exit) => {
  await using project = new Project({
    module: `process.on('SIGUSR2', () => process.exit(0))
             process.on('SIGCONT', () => { throw new TypeError('nobody catches this') })`,
  })
  const racecar = project.start('--workers', '3')
  await up(racecar, 3)
  const before = racecar.workers()
  process.kill(before[1]!, signal)
  await racecar.line('slot.up', ({ pid }) => !before.includes(pid))
  const after = racecar.workers()
  expect([after[0], after[2]]).toEqual([before[0], before[2]])
  expect(after[1]).not.toBe(before[1])
  expect(racecar.all('slot.exited')).toEqual([
    expect.objectContaining({ slot: 'WelcomeConsumer/1', pid: before[1], ...exit }),
  ])
  expect(racecar.all('slot.restarting')).toEqual([expect.objectContaining({ inMs: 0 })])
  if (exit.code === 1) {
    const failed = racecar.all('worker.failed')
    expect(failed).toEqual([
      expect.objectContaining({ slot: 'WelcomeConsumer/1', message: expect.stringContaining('nobody catches') }),
    ])
  }
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
