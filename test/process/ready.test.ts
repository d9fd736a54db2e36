import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

test('a racecar is ready once all its workers are members, stays so while one is replaced, and is not when it stops', async () => {
  await using scenario = await Scenario.open('ready', { partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: ['--health-port', '0'] })
  const { message } = await racecar.line('line', ({ from }) => from === 'health')
  const [address] = /http:\S+(?=\/health)/.exec(String(message))!
  const ask = async (path: string) => {
    const answer = await fetch(`${address}${path}`)
    return [answer.status, await answer.json()] as const
  }
  expect(await ask('/ready')).toEqual([503, expect.objectContaining({ ok: false })])
  expect((await ask('/health'))[0]).toBe(200)
  await scenario.served()
  const workers = { up: 2, of: 2 }
  await expect.poll(() => ask('/ready'), { timeout: 10_000 }).toEqual([200, { ok: true, workers }])

  const [held] = await scenario.send([{ ms: 1_500 }], { partition: 0 })
  const deaths = await scenario.kill(racecar.workers()[1]!)
  expect((await ask('/ready'))[0]).toBe(200)
  await scenario.served()
  await scenario.until('it being in hand', () => scenario.ledger.handlings.some(({ seq }) => seq === held!.seq))
  racecar.signal('SIGTERM')
  await racecar.line('primary.stopping')
  expect(await ask('/ready')).toEqual([503, expect.objectContaining({ why: 'it stops' })])
  expect((await ask('/health'))[0]).toBe(200)
  expect(await scenario.ended(racecar)).toEqual([0, null])
  await expect(ask('/health')).rejects.toThrow()
  await scenario.handledAll()
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
