import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isAlive } from '../support/racecar-process.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

test('a pidfile whose number a stranger has got keeps nobody from starting, and brings the stranger no harm', async () => {
  await using scenario = await Scenario.open('reused')
  const { folder, pidfile } = scenario
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' })
  const exited = new Promise(resolve => stranger.once('exit', (_, signal) => resolve(signal)))
  try {
    // As a primary leaves it behind that was killed an hour ago.
    writeFileSync(pidfile, `${stranger.pid}\n`)
    mkdirSync(`${pidfile}.lock`)
    const past = Date.now() / 1000 - 3600
    utimesSync(pidfile, past, past)

    for (const args of [['stop'], ['stop', '--force', '--timeout', '0'], ['status']]) {
      expect(await racecarctl(folder, ...args, '--pidfile', pidfile)).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          `^racecarctl: ${pidfile} names the process ${stranger.pid}, which is no racecar of yours in .+. Nothing was done to it.\n$`,
        ),
      })
    }
    expect(readFileSync(pidfile, 'utf8')).toBe(`${stranger.pid}\n`)

    const racecar = scenario.racecar({ workers: 1 })
    await scenario.served()
    expect(readFileSync(pidfile, 'utf8')).toBe(`${racecar.pid}\n`)
    // Whoever writes into it while it runs does not point racecarctl at a stranger either.
    writeFileSync(pidfile, `${stranger.pid}\n`)
    expect((await racecarctl(folder, 'stop', '--force', '--timeout', '0', '--pidfile', pidfile)).code).toBe(1)
    expect(racecar.exit).toBeUndefined()
    writeFileSync(pidfile, `${racecar.pid}\n`)
    expect((await racecarctl(folder, 'stop', '--pidfile', pidfile)).code).toBe(0)
    expect(await scenario.ended(racecar)).toEqual([0, null])
    expect(isAlive(stranger.pid!)).toBe(true)
    await scenario.expectNothingLeft()
  } finally {
    stranger.kill()
  }
  expect(await exited).toBe('SIGTERM')
})
