import { expect, it } from 'vitest'
import { Desk } from '../../src/cli/desk.ts'
import { EVERYTHING } from '../../src/supervisor/quiet.ts'
import type { Request } from '../../src/supervisor/signals.ts'
import { FakeClock } from '../support/fake-clock.ts'

const clerk = (answered: Request[]) => ({
  answer: (request: Request) => void answered.push(request),
  status: () => ({ state: 'running', quiet: [], restart: null, slots: [] }) as const,
  helpless: () => [],
  outline: () => ({ up: 0, of: 0 }),
})
const stop = { kind: 'stop', reason: 'SIGTERM' } as const

it('what is asked while nobody is there is answered by who comes next, in order and once', async () => {
  const [first, second]: [Request[], Request[]] = [[], []]
  const desk = new Desk(new FakeClock())
  desk.put(stop)
  desk.put({ kind: 'interrupt' })
  expect(await desk.status()).toEqual({ state: 'starting', quiet: [], restart: null, slots: [] })
  desk.open(clerk(first))
  expect(first).toEqual([stop, { kind: 'interrupt' }])
  expect(await desk.status()).toEqual({ state: 'running', quiet: [], restart: null, slots: [] })
  desk.close()
  desk.put({ kind: 'show options' })
  desk.open(clerk(second))
  desk.put(stop)
  expect(first).toHaveLength(2)
  expect(second).toEqual([{ kind: 'show options' }, stop])
})

// By systemd, say, which sends SIGCONT with SIGTERM: the system may turn them round.
it('a SIGCONT has a moment’s time, in which a stop comes first and whatever else is said about being quiet instead', async () => {
  const clock = new FakeClock()
  const answered: Request[] = []
  const desk = new Desk(clock)
  desk.open(clerk(answered))
  const goOn = { kind: 'continue', by: 'SIGCONT', which: EVERYTHING } as const
  const quiet = { kind: 'quiet', by: 'racecarctl', which: EVERYTHING } as const
  desk.heard(goOn)
  desk.heard(stop)
  await clock.advance(250)
  expect(answered).toEqual([stop, goOn])
  desk.heard(goOn)
  desk.heard(goOn)
  desk.put(quiet)
  await clock.advance(1000)
  expect(answered.slice(2)).toEqual([quiet])
  desk.put({ ...goOn, by: 'racecarctl' })
  expect(answered.slice(3)).toEqual([{ ...goOn, by: 'racecarctl' }])
  expect(clock.pending).toBe(0)
})
