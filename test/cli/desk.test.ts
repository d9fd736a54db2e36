import { expect, it } from 'vitest'
import { Desk } from '../../src/cli/desk.ts'
import type { Request } from '../../src/supervisor/signals.ts'

const clerk = (answered: Request[]) => ({
  answer: (request: Request) => void answered.push(request),
  status: () => ({ state: 'running', slots: [] }) as const,
})
const stop = { kind: 'stop', reason: 'SIGTERM' } as const

it('what is asked while nobody is there is answered by who comes next, in order and once', async () => {
  const [first, second]: [Request[], Request[]] = [[], []]
  const desk = new Desk()
  desk.put(stop)
  desk.put({ kind: 'interrupt' })
  expect(await desk.status()).toEqual({ state: 'starting', slots: [] })
  desk.open(clerk(first))
  expect(first).toEqual([stop, { kind: 'interrupt' }])
  expect(await desk.status()).toEqual({ state: 'running', slots: [] })
  desk.close()
  desk.put({ kind: 'show options' })
  desk.open(clerk(second))
  desk.put(stop)
  expect(first).toHaveLength(2)
  expect(second).toEqual([{ kind: 'show options' }, stop])
})
