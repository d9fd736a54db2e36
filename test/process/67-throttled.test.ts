import { expect, test } from 'vitest'
import { limitConsumers } from '../../scripts/broker.d/index.mjs'
import { privateBroker } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

/** Seconds over which a broker looks at what was taken: it holds nobody back for longer. */
const WINDOW = 2
const KIB = 1024
const bytesPerSecond = 50 * KIB
const TOTAL = 3 * bytesPerSecond
/** A request alone takes no longer; what is held back does. */
const args = ['--socket-timeout', '0.5', '--max-wait-time', '0.2', '--heartbeat-interval', '0.5']

/** What is fetched by one member from one broker: when it may ask again, and what it asked before that. */
function watch(proxy: KafkaProxy) {
  const seen = { longest: 0, early: [] as string[], fetches: 0 }
  let heldUntil = 0
  proxy.onResponse = ({ apiKey }, frame) => {
    // Behind size and correlation id.
    const throttleMs = apiKey === Api.Fetch ? frame.readInt32BE(8) : 0
    heldUntil = Math.max(heldUntil, now() + throttleMs)
    seen.longest = Math.max(seen.longest, throttleMs)
    return undefined
  }
  proxy.onRequest = ({ apiKey }) => {
    if (apiKey !== Api.Fetch) return undefined
    seen.fetches += 1
    if (now() < heldUntil - 5) seen.early.push(`${millis(heldUntil - now())} too early`)
    return undefined
  }
  return seen
}

test('a quota is obeyed: no request comes early, no connection is given up for it, no membership is lost, and all is handled', async () => {
  await using kafka = await privateBroker({ settings: { 'quota.window.num': WINDOW } })
  const [broker] = kafka.brokers
  await using proxy = await KafkaProxy.open({ target: broker!.ports.proxied, port: broker!.ports.proxy })
  await using scenario = await Scenario.open('quota', { kafka: kafka.address, address: proxy.address, partitions: 1 })
  const racecar = scenario.racecar({ workers: 1, args })
  await scenario.served()
  await scenario.send([{}])
  await scenario.handledAll()

  await limitConsumers({ port: broker!.ports.client, bytesPerSecond })
  const seen = watch(proxy)
  const [before, connections, start] = [racecar.lines.length, proxy.count(Api.ApiVersions), now()]
  // More than a broker lets pass at first. A batch alone must be less than that.
  const padded = Array(1).fill({ pad: 'x'.repeat(10 * KIB) })
  for (let sent = 0; sent < TOTAL; sent += 10 * KIB) await scenario.send(padded)
  await scenario.handledAll(60_000)
  const took = now() - start

  expect(seen.longest, 'milliseconds that were to be held back').toBeGreaterThan(700)
  expect(seen.early).toEqual([])
  expect(proxy.count(Api.ApiVersions)).toBe(connections)
  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot|broker)\./.test(event))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const rate = TOTAL / took
  print(
    `row 67: ${rate.toFixed(0)} bytes/ms of ${bytesPerSecond / 1000} allowed, held back for up to ${millis(seen.longest)}, ${seen.fetches} fetches in ${millis(took)}`,
  )
})
