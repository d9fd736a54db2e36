import { expect, test } from 'vitest'
import { Ledger } from '../ledger.ts'
import { wrongAmong } from './commits.ts'
import { planned } from './storm.ts'

test('a seed decides what happens and when', () => {
  const told = (seed: number) => planned(seed, 60_000).map(({ after, fault }) => `${after} ${fault.name}`)
  expect(told(1)).toEqual(told(1))
  expect(told(1)).not.toEqual(told(2))
  expect(told(1).length).toBeGreaterThan(10)
})

test('committed offsets that go back, or are ahead of what was handled, are found', () => {
  const ledger = new Ledger()
  const line = { pid: 1, code: 0, topic: 't', partition: 0, key: null, partitions: [] }
  for (const offset of [0, 1]) {
    ledger.add({ what: 'start', at: 10 * offset, offset, seq: offset, ...line })
    ledger.add({ what: 'end', at: 10 * offset + 5, offset, seq: offset, ...line })
  }
  const looks = (...all: [at: number, offset: number][]) =>
    all.map(([at, offset]) => ({ at, committed: new Map([['t/0', offset]]) }))
  expect(wrongAmong(looks([1, -1], [6, 1], [20, 2]), ledger)).toEqual([])
  expect(wrongAmong(looks([6, 1], [20, 2], [21, 1]), ledger)).toEqual(['t/0: 1 after 2'])
  expect(wrongAmong(looks([6, 2], [20, 2]), ledger)).toEqual(['t/0: 1 was committed before it was handled'])
})
