import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Acknowledged, Ledger } from './ledger.ts'

type Entry = readonly [what: 'start' | 'end' | 'fail', pid: number, offset: number, at: number]

function ledgerOf(owned: readonly (readonly [pid: number, at: number])[], entries: readonly Entry[]): Ledger {
  const ledger = new Ledger()
  const rest = { code: 0, topic: 't', partition: 0, key: null, seq: 0, partitions: [{ topic: 't', partition: 0 }] }
  for (const [pid, at] of owned) ledger.add({ what: 'own', pid, at, offset: 0, ...rest })
  for (const [what, pid, offset, at] of entries) ledger.add({ what, pid, offset, at, ...rest })
  return ledger
}

const acked = (...offsets: number[]): Acknowledged[] =>
  offsets.map(offset => ({ topic: 't', partition: 0, offset, key: null, seq: offset }))

const twoOwners: Entry[] = [
  ['start', 1, 0, 10],
  ['end', 1, 0, 11],
  ['start', 2, 1, 20],
  ['end', 2, 1, 21],
]

describe('the ledger', () => {
  test('finds nothing wrong where nothing is', () => {
    const ledger = ledgerOf(
      [
        [1, 5],
        [2, 15],
      ],
      twoOwners,
    )
    expect([
      ledger.lost(acked(0, 1)),
      ledger.repeated(),
      ledger.outOfOrder(),
      ledger.skipped(acked(0, 1)),
      ledger.trespasses(),
      ledger.overlaps(),
    ]).toEqual([[], [], [], [], [], []])
  })

  test('finds what was lost, also when its handler started and never ended', () => {
    const ledger = ledgerOf(
      [[1, 5]],
      [
        ['start', 1, 0, 10],
        ['end', 1, 0, 11],
        ['start', 1, 1, 12],
      ],
    )
    expect(ledger.lost(acked(0, 1, 2)).map(({ offset }) => offset)).toEqual([1, 2])
  })

  test('counts repeats', () => {
    const ledger = ledgerOf(
      [
        [1, 5],
        [2, 15],
      ],
      [...twoOwners.slice(0, 2), ['start', 2, 0, 20], ['end', 2, 0, 21]],
    )
    expect(ledger.repeated()).toHaveLength(1)
  })

  test('finds a repeat that nobody who died before its commit explains', () => {
    const ledger = ledgerOf(
      [],
      [...twoOwners.slice(0, 2), ['start', 1, 1, 12], ['start', 2, 0, 20], ['start', 2, 1, 21]],
    )
    const diedAfter = (offset: number) => [{ pid: 1, at: 15, committed: new Map([['t/0', offset]]) }]
    expect(ledger.unexplained()).toHaveLength(2)
    expect(ledger.unexplained(diedAfter(1))).toEqual(['t/0@0: started by 1 and again by 2'])
    expect(ledger.unexplained(diedAfter(0))).toEqual([])
    expect(ledger.unexplained([{ pid: 3, at: 15, committed: new Map() }])).toHaveLength(2)
  })

  test('does not call another attempt at what has failed a repeat', () => {
    const attempts: Entry[] = [
      ['start', 1, 0, 10],
      ['start', 1, 0, 20],
      ['end', 1, 0, 21],
    ]
    expect(ledgerOf([], attempts).unexplained()).toEqual([])
    expect(ledgerOf([], [...attempts, ['start', 1, 0, 30]]).unexplained()).toHaveLength(1)
  })

  test('reads on in a file that is being written', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ledger-')), 'ledger')
    const line = (offset: number) =>
      `${JSON.stringify({ what: 'start', pid: 1, at: offset, topic: 't', partition: 0, offset, key: 'ü', seq: offset })}\n`
    const [whole, torn] = [line(0), line(1)]
    writeFileSync(file, whole + torn.slice(0, 20))
    const ledger = Ledger.read(file)
    expect(ledger.handlings.map(({ offset }) => offset)).toEqual([0])
    appendFileSync(file, torn.slice(20) + line(2))
    ledger.readOn(file)
    expect(ledger.handlings.map(({ offset }) => offset)).toEqual([0, 1, 2])
    rmSync(dirname(file), { recursive: true })
  })

  test('leaves out what a process that was killed had only begun to write', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
    const file = join(folder, 'ledger')
    const line = { what: 'start', pid: 2, at: 1, topic: 't', partition: 0, offset: 0, key: null, seq: 7 }
    writeFileSync(file, `{"what":"start","pid":1,"at":1,"topi${JSON.stringify(line)}\n`)
    expect(Ledger.read(file).handlings.map(({ pid, seq }) => [pid, seq])).toEqual([[2, 7]])
    rmSync(folder, { recursive: true })
  })

  test('finds a step back within an ownership, and allows it to the next owner', () => {
    const back: Entry[] = [
      ['start', 1, 5, 10],
      ['end', 1, 5, 11],
      ['start', 1, 4, 12],
      ['end', 1, 4, 13],
    ]
    expect(ledgerOf([[1, 5]], back).outOfOrder()).toHaveLength(1)
    expect(
      ledgerOf(
        [
          [1, 5],
          [1, 11.5],
        ],
        back,
      ).outOfOrder(),
    ).toEqual([])
  })

  test('finds what was skipped, but not gaps that hold no message', () => {
    const ledger = ledgerOf(
      [[1, 5]],
      [
        ['start', 1, 0, 10],
        ['end', 1, 0, 11],
        ['start', 1, 3, 12],
        ['end', 1, 3, 13],
      ],
    )
    expect(ledger.skipped(acked(0, 1, 3))).toEqual([expect.stringContaining(': 1 was skipped')])
  })

  test('finds a start after the next owner has started, unless the partition came back', () => {
    const zombie: Entry[] = [...twoOwners, ['start', 1, 2, 30], ['end', 1, 2, 31]]
    expect(
      ledgerOf(
        [
          [1, 5],
          [2, 15],
        ],
        zombie,
      ).trespasses(),
    ).toHaveLength(1)
    expect(
      ledgerOf(
        [
          [1, 5],
          [2, 15],
          [1, 25],
        ],
        zombie,
      ).trespasses(),
    ).toEqual([])
  })

  test('finds two handlers at once, but not when the first one was killed before', () => {
    const both: Entry[] = [
      ['start', 1, 0, 10],
      ['start', 2, 0, 20],
      ['end', 2, 0, 21],
    ]
    expect(ledgerOf([], both).overlaps()).toHaveLength(1)
    expect(ledgerOf([], both).overlaps([{ pid: 1, at: 15, committed: new Map() }])).toEqual([])
  })

  test('takes a place that was lost for an excuse until its worker goes on there', () => {
    const late = { pid: 1, at: 40, committed: new Map(), isLatest: true }
    const both: Entry[] = [
      ['start', 1, 0, 10],
      ['start', 2, 0, 20],
      ['end', 2, 0, 21],
      ['end', 1, 0, 35],
    ]
    expect(ledgerOf([], both).overlaps([{ ...late, isLatest: false }])).toHaveLength(1)
    expect(ledgerOf([], both).overlaps([late])).toEqual([])
    expect(ledgerOf([], [...both, ['start', 1, 1, 36]]).overlaps([late])).toHaveLength(1)
  })

  test('takes what failed as in nobody’s hand, and what ended as handled', () => {
    const handed = (last: 'end' | 'fail') =>
      ledgerOf(
        [],
        [
          ['start', 1, 0, 10],
          [last, 1, 0, 11],
          ['start', 2, 0, 20],
        ],
      )
    expect([handed('fail').unexplained(), handed('fail').overlaps(), handed('fail').counts().size]).toEqual([[], [], 0])
    expect(handed('end').unexplained()).toHaveLength(1)
  })

  test('measures the longest gap around a moment', () => {
    const ledger = ledgerOf(
      [],
      [
        ['start', 1, 0, 0],
        ['start', 1, 1, 100],
        ['start', 1, 2, 110],
        ['start', 1, 3, 500],
      ],
    )
    expect(ledger.longestGaps(105, 200).get('t/0')).toBe(390)
    expect(ledger.longestGaps(50, 105).get('t/0')).toBe(100)
  })
})
