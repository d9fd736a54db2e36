import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { gapsAround, millis, PATIENT, print, Scenario } from '../support/scenario.ts'
import { TokenAuthority } from '../support/token-authority.ts'

const SECRET = 'correct-horse-battery-staple'
const OPTIONS = `common:
  sasl_mechanism: OAUTHBEARER
  sasl_over_ssl: false
  sasl_oauthbearer_token_provider: config/token.ts
`
/** As a user would write it. */
const PROVIDER = `
import { readFileSync } from 'node:fs'

interface Answer { access_token: string; expires_in: number }

export default async function token(): Promise<{ value: string; expiresAt: number }> {
  const { endpoint, secret } = JSON.parse(readFileSync('config/token.json', 'utf8')) as Record<string, string>
  const who = Buffer.from(\`geo:\${secret}\`).toString('base64')
  const asked = { method: 'POST', headers: { authorization: \`Basic \${who}\` }, body: 'grant_type=client_credentials' }
  const answer = await fetch(endpoint!, asked)
  if (!answer.ok) throw new Error(\`the authority says \${answer.status}\`)
  const { access_token: value, expires_in: seconds } = (await answer.json()) as Answer
  return { value, expiresAt: Date.now() + seconds * 1000 }
}
`

test('tokens of a function let workers in, and whoever takes the place of one that dies; without any racecar waits and says so', async () => {
  await using authority = await TokenAuthority.open({ geo: SECRET })
  await using cluster = await privateBroker({ secured: authority.guarding })
  const address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await using scenario = await Scenario.open('tokens', { kafka: cluster.address, address, partitions: 4 })
  mkdirSync(join(scenario.folder, 'config'))
  writeFileSync(join(scenario.folder, 'config', 'racecar.yml'), OPTIONS)
  writeFileSync(join(scenario.folder, 'config', 'token.ts'), PROVIDER)
  const known = JSON.stringify({ endpoint: authority.endpoint, secret: SECRET })
  writeFileSync(join(scenario.folder, 'config', 'token.json'), known)

  authority.fails = { status: 503, body: 'later', type: 'text/plain' }
  const racecar = scenario.racecar({ workers: 2, args: PATIENT })
  const { message } = await racecar.line('broker.unreachable')
  expect(message).toMatch(
    /^Not let in by the broker localhost:\d+: no token for OAUTHBEARER: .*config\/token\.ts gives none: the authority says 503\. Trying on\.$/,
  )
  authority.fails = undefined
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [killed] = racecar.workers()
  const deaths = await scenario.kill(killed!)
  await scenario.flows()

  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual([killed])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.stderr + JSON.stringify(racecar.lines)).not.toMatch(/horse/)
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  const to = ['--brokers', address, '--topic', scenario.topic, '--value', 'x']
  expect(await racecarctl(scenario.folder, 'produce', ...to)).toMatchObject({ code: 0 })
  print(`row 70: gap ${millis(gapsAround(scenario, deaths[0]!.at)(() => true))} with a token of its own`)
})
