import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { Authority } from '../support/certificates.ts'
import { now } from '../support/ledger.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'
import { TlsFront } from '../support/tls-front.ts'

const authority = new Authority()
const other = new Authority('somebody else')
afterAll(() => {
  authority[Symbol.dispose]()
  other[Symbol.dispose]()
})

const here = { names: 'IP:127.0.0.1' }
const right = authority.issue('broker', here)
const SECRET = 'hunter2'
const keystore = authority.keystore(authority.issue('client'), { password: SECRET })
const secured = (ca = authority) => {
  return ['--security-protocol', 'ssl', '--ssl-ca-location', ca.certificate, '--ssl-keystore-location', keystore]
}
const env = { RACECAR_SSL_KEYSTORE_PASSWORD: SECRET }

test('what a person must mend ends a start with one fork at most, and says what it is', async () => {
  await using front = await TlsFront.open(authority, right)
  await using scenario = await Scenario.open('certificates', { address: front.address })
  const start = async (args: readonly string[], more: Readonly<Record<string, string>> = env) => {
    const racecar = scenario.racecar({ workers: 1, args, env: more })
    const [code] = await scenario.ended(racecar)
    expect(racecar.stderr + JSON.stringify(racecar.lines)).not.toMatch(/hunter/)
    return { code, forks: racecar.forks().length, why: racecar.stderr }
  }
  const before = { code: 78, forks: 0 }
  expect(await start(secured(), { RACECAR_SSL_KEYSTORE_PASSWORD: 'hunter3' })).toMatchObject({
    ...before,
    why: expect.stringMatching(
      /ssl_keystore_location \(.*\.p12, flag --ssl-keystore-location\) is not opened by ssl_keystore_password/,
    ),
  })
  expect(await start(secured().slice(0, 4), {})).toMatchObject({
    code: 78,
    forks: 1,
    why: expect.stringMatching(/asks for a certificate of ours: set ssl_certificate_location/),
  })
  expect(await start(secured(other))).toMatchObject({
    code: 77,
    forks: 1,
    why: expect.stringMatching(/is signed by nobody that ssl_ca_location/),
  })
  expect(await start([...secured(), '--ssl-crl-location', authority.revoke([right])])).toMatchObject({
    code: 77,
    forks: 1,
    why: expect.stringMatching(
      /the certificate of 127\.0\.0\.1:\d+, or of who has signed it, has been revoked by its authority/,
    ),
  })
  await scenario.expectNothingLeft()
})

test('a certificate that is replaced by a wrong one ends nobody that runs, nor who takes its place', async () => {
  await using front = await TlsFront.open(authority, right)
  await using scenario = await Scenario.open('renewed', { address: front.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: [...secured(), ...PATIENT], env })
  await scenario.served()
  await scenario.passes()
  const [killed, kept] = racecar.workers()
  for (const file of ['environ', 'cmdline']) expect(readFileSync(`/proc/${kept}/${file}`, 'utf8')).not.toContain(SECRET)

  front.replace(other.issue('other', here))
  const isTold = (pid: number) => racecar.all('broker.unreachable', line => line.pid === pid).length > 0
  await racecar.until('both saying so', () => isTold(killed!) && isTold(kept!))
  expect(racecar.all('broker.unreachable')[0]!.message).toMatch(
    /^No secure connection to the broker 127\.0\.0\.1:\d+: the certificate of .* is signed by nobody/,
  )
  const deaths = await scenario.kill(killed!)
  await racecar.until('the next one saying so', () => racecar.workers().some(pid => pid !== kept && isTold(pid)))

  front.replace(right)
  const since = now()
  await scenario.served()
  await scenario.passes()
  print(`row 69: all partitions flow ${millis(now() - since)} after the broker has its certificate again`)
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual([killed])
  expect(racecar.workers()).toContain(kept)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
