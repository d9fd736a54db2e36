import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { NOWHERE } from '../../support/process.ts'
import { racecarctl } from '../../support/racecarctl.ts'

it('a broker that refuses, or takes the connection and says nothing, is named with the option within ten seconds: 69', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-produce-'))
  const mute = createServer(socket => void socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void mute.close())
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const silent = `127.0.0.1:${(mute.address() as AddressInfo).port}`
  const to = async (brokers: string) => {
    const since = performance.now()
    const result = await racecarctl(folder, 'produce', '-t', 'greetings', '-v', 'one', '-b', brokers)
    return { ...result, ms: performance.now() - since }
  }
  const [refused, unanswered, neither] = await Promise.all([to(NOWHERE), to(silent), to(`${NOWHERE},${silent}`)])
  expect(refused.stderr).toMatch(/^racecarctl: The broker 127\.0\.0\.1:1 has not answered within 10 s: .*ECONNREFUSED/)
  expect(unanswered.stderr).toContain(`The broker ${silent} has not answered within 10 s: `)
  expect(neither.stderr).toContain(`None of the brokers ${NOWHERE}, ${silent} has answered within 10 s: `)
  for (const { code, stdout, stderr, ms } of [refused, unanswered, neither]) {
    expect([code, stdout, stderr]).toEqual([69, '', expect.stringContaining('Check the option brokers')])
    expect(ms).toBeLessThan(25_000)
  }
})
