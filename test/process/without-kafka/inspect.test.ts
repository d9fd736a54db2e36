import { get } from 'node:http'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

/** Nobody listens there at the moment, nor on the one behind it; and below those that the system gives to whoever asks for any. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 10_000)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** What a debugger asks first. */
const debuggerAt = (port: number) =>
  new Promise<string | undefined>(resolve => {
    get({ host: '127.0.0.1', port, path: '/json/version' }, response => {
      response.resume()
      resolve(response.headers['content-type'])
    }).on('error', () => resolve(undefined))
  })

it('--inspect opens a port in each worker, a replacement takes its predecessor’s, and no limit ends a worker', async () => {
  await using project = new Project()
  const port = await freePort()
  const racecar = project.start(`--inspect=${port}`, '--workers', '2', '--boot-timeout', '5')
  await up(racecar, 2)
  const open = async () => (await Promise.all([port, port + 1].map(debuggerAt))).every(type => type?.includes('json'))
  expect(await open()).toBe(true)
  process.kill(racecar.workers()[0]!, 'SIGKILL')
  await racecar.line('slot.up', ({ slot }) => slot === 'WelcomeConsumer/0', racecar.lines.length)
  expect(await open()).toBe(true)
  expect(racecar.all('line').map(({ message }) => message)).toContain(
    'With --inspect no limit ends a worker: boot_timeout, hang_timeout and max_poll_interval are off, and session_timeout is 30 minutes.',
  )
  racecar.signal('SIGUSR1')
  await project.until('the options', () => /^session_timeout +=\s1800 {2}\(flag --inspect\)$/m.test(racecar.stderr))
  expect(racecar.stderr).toMatch(/^boot_timeout +=\s2147483 {2}\(flag --inspect\)$/m)
  expect(racecar.stderr).toMatch(/^hang_timeout +=\s0 {2}\(flag --inspect\)$/m)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it('--inspect-brk waits for a debugger before anything is loaded, and a stop ends that', async () => {
  await using project = new Project({ module: "say('loaded')" })
  const port = await freePort()
  const racecar = project.start(`--inspect-brk=127.0.0.1:${port}`, '--shutdown-timeout', '1')
  await project.until('a debugger’s port', () => racecar.stderr.includes(`ws://127.0.0.1:${port}/`))
  expect(project.said).toEqual([])
  racecar.signal('SIGTERM')
  // The worker stands still, so it is killed at the deadline.
  expect(await project.ended(racecar)).toEqual([2, null])
  expect(project.said).toEqual([])
  project.expectNothingLeft()
})

it('a wrong address is a usage error', async () => {
  await using project = new Project()
  const racecar = project.start('--inspect=nowhere:at:all')
  expect(await project.ended(racecar)).toEqual([64, null])
  expect(racecar.stderr).toContain('--inspect takes [host:]port, but says "nowhere:at:all"')
  project.expectNothingLeft()
})
