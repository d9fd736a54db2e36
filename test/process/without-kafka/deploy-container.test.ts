// The container that deploy/container/Dockerfile makes, as far as it goes without an engine: no shell, a user without rights, a root file
// system that cannot be written, and racecar as process 1.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Container, canContain } from '../../support/container.ts'
import { Image } from '../../support/image.ts'
import { up } from '../../support/process.ts'
import { isAlive } from '../../support/racecar-process.ts'

const dockerfile = fileURLToPath(new URL('../../../deploy/container/Dockerfile', import.meta.url))

// TypeScript, so that something has to be written.
const image = (members = "teardown() { this.logger.info('torn down') }") =>
  Image.of(dockerfile, {
    'package.json': '{ "type": "module" }',
    'src/consumers/geo-coding-consumer.ts': `
      import { Consumer, type Message } from 'racecar'
      export class GeoCodingConsumer extends Consumer {
        static { this.subscribesTo('pageviews') }
        process(message: Message) { return message.value }
        ${members}
      }`,
  })

const workers = (count: number, ...more: string[]) => ['--workers', `${count}`, ...more, 'GeoCodingConsumer']

if (!canContain) console.log('skipped: no namespaces can be made here, which mostly takes root')

describe.runIf(canContain)('the container of deploy/container', () => {
  it('runs as it stands, replaces and reaps workers, is looked at from beside it, and stops within its grace', async () => {
    await using application = await image()
    await using container = new Container(application, { args: workers(2) })
    const { racecar } = container
    await up(racecar, 2)
    expect(racecar.all('primary.started').map(({ pid }) => pid)).toEqual([1])
    const status = readFileSync(`/proc/${container.first}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^Cap(Eff|Prm|Bnd):\t0+$/m)
    expect(
      (await application.exec(container.first, 'touch', '/srv/app/mine', '/mine')).stderr.match(/denied|Read-only/g),
    ).toHaveLength(2)

    const dead = container.processes()[1]!.pid
    process.kill(dead, 'SIGKILL')
    await racecar.until('a third worker being up', () => racecar.all('slot.up').length === 3)
    const alive = container.processes()
    expect(alive.map(({ pid, state }) => ({ isDead: pid === dead || state === 'Z' }))).toEqual(
      Array(3).fill({ isDead: false }),
    )

    const { healthcheck, stopSignal } = application.runtime
    expect(await application.exec(container.first, ...healthcheck)).toMatchObject({ code: 0 })
    const told = await application.exec(container.first, 'node_modules/.bin/racecarctl', 'status')
    expect(told.stdout).toContain('GeoCodingConsumer is running: pid 1,')

    // Nobody's terminal is gone.
    container.signal('SIGHUP')
    await racecar.line('line', ({ message }) => message.startsWith('SIGHUP: the log goes to standard output'))
    container.signal(stopSignal)
    expect(await racecar.closed).toEqual([0, null])
    expect(racecar.lines.filter(({ message }) => message === 'torn down')).toHaveLength(2)
    expect(alive.map(({ pid }) => pid).filter(isAlive)).toEqual([])
  })

  it("hands on racecar's exit codes: what is wrong with its options, and that something was given up", async () => {
    await using application = await image('async teardown() { await new Promise(() => {}) }')
    await using wrong = new Container(application, { args: workers(1, '--session-timeout', 'long') })
    expect(await wrong.racecar.closed).toEqual([78, null])
    expect(wrong.racecar.stderr).toContain('--session-timeout')

    await using late = new Container(application, { args: workers(1, '--shutdown-timeout', '1') })
    await up(late.racecar, 1)
    // As Ctrl-C sends it to a container with a terminal.
    late.signal('SIGINT')
    expect(await late.racecar.closed).toEqual([2, null])
  })
})
