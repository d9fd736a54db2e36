// The Procfiles of deploy/, under the two Foremans: Node's, which is what `heroku local` runs, and Ruby's where it is there (Debian: apt-get
// install ruby-foreman).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Application } from '../../support/at-home.ts'
import { isAlive, type RacecarProcess } from '../../support/racecar-process.ts'

const nf = fileURLToPath(new URL('../../../node_modules/.bin/nf', import.meta.url))
const isRubyThere = spawnSync('sh', ['-c', 'command -v foreman']).status === 0

/** Those who put a time and a name before each line have it behind these. */
const linesOf = (racecar: RacecarProcess) =>
  racecar.lines.flatMap(({ message }) => {
    const json = message.indexOf('{"')
    return json < 0 ? [] : [JSON.parse(message.slice(json)) as { event: string; [field: string]: unknown }]
  })

async function shown(from: string, foreman: readonly string[], interrupt: NodeJS.Signals): Promise<void> {
  await using application = new Application()
  application.install(from, '.')
  const racecar = application.startUnder(foreman)
  const all = (event: string) => [...racecar.all(event), ...linesOf(racecar).filter(line => line.event === event)]
  const until = (what: string, event: string, count: number) => racecar.until(what, () => all(event).length === count)

  await until('three workers of two consumers being up', 'slot.up', 3)
  process.kill(all('slot.up')[0]!.pid as number, 'SIGKILL')
  await until('a replacement being up', 'slot.up', 4)
  racecar.signal(interrupt)
  await racecar.closed
  expect(all('primary.stopped').map(({ exitCode }) => exitCode)).toEqual([0, 0])
  expect(all('line').filter(({ message }) => message === 'torn down')).toHaveLength(3)
  expect(
    all('slot.forked')
      .map(({ pid }) => pid as number)
      .filter(isAlive),
  ).toEqual([])
}

it.each(['procfile', 'heroku'])("Node's Foreman runs deploy/%s, and Ctrl-C ends it cleanly", async from => {
  await shown(from, [process.execPath, nf, 'start', '--raw'], 'SIGINT')
})

it.runIf(isRubyThere)("Ruby's Foreman runs deploy/procfile, and has the patience that .foreman says", async () => {
  await shown('procfile', ['foreman', 'start'], 'SIGTERM')
})
