import { expect, it } from 'vitest'
import { type PurgeOptions, purgeBox } from '../../../../src/cli/ctl/dead-letter/purge.ts'
import { FakeBox, record, Terminal } from './fake-box.ts'

async function purged(box: FakeBox, options: PurgeOptions = { yes: true }, terminal = new Terminal()) {
  const code = await purgeBox(box, options, terminal.ground)
  return { code, out: terminal.out, err: terminal.err }
}

const box = () => new FakeBox([record(3), record(4), record(5)], [record(0)])
const before = ({ removed }: FakeBox) => removed.map(({ partition, offset }) => `${partition}/${offset}`)

it('deletes what was replayed, and says what is kept for what lies before it', async () => {
  const some = box()
  await some.save([{ topic: some.topic, partition: 0, offset: 4, note: 'racecar 5' }])
  expect(await purged(some)).toEqual({
    code: 0,
    out: 'orders.dead-letter: deleted what was before 0/4.\n',
    err: 'racecarctl: 1 replayed are kept, for what lies before them was not.\n',
  })
  expect(before(some)).toEqual(['0/4'])
})

it('has nothing to delete where nothing was replayed', async () => {
  const some = box()
  expect(await purged(some, {})).toEqual({ code: 0, out: 'orders.dead-letter: nothing is deleted.\n', err: '' })
  expect(before(some)).toEqual([])
})

it.each([
  ['an offset', [{ partition: 0, offset: 5 }], false, ['0/5']],
  ['the end', [{ partition: 1, offset: 1 }], false, ['1/1']],
  ['everything', undefined, true, ['0/6', '1/1']],
])('deletes up to %s', async (_, places, all, expected) => {
  const some = box()
  expect((await purged(some, { before: places, all, yes: true })).code).toBe(0)
  expect(before(some)).toEqual(expected)
})

it.each([
  [0, 7],
  [0, 2],
  [2, 0],
])('knows no %i/%i', async (partition, offset) => {
  const some = box()
  const { code, err } = await purged(some, { before: [{ partition, offset }], yes: true })
  expect([code, err, before(some)]).toEqual([1, `racecarctl: orders.dead-letter has no ${partition}/${offset}.\n`, []])
})

it('asks first', async () => {
  const some = box()
  const { code, err } = await purged(some, { all: true }, new Terminal().answering('n'))
  expect([code, before(some)]).toEqual([1, []])
  expect(err).toBe('Delete for good what orders.dead-letter holds before 0/6, 1/1 (4 offsets)? [y/N] ')
})

it('says what a broker means that refuses', async () => {
  const some = box()
  some.removal = Object.assign(new Error('deleting: POLICY_VIOLATION'), { code: 'POLICY_VIOLATION' })
  const { code, out, err } = await purged(some, { before: [{ partition: 0, offset: 4 }], yes: true })
  expect([code, out]).toEqual([1, 'orders.dead-letter: nothing is deleted.\n'])
  expect(err).toContain(
    'racecarctl: 0/4: the broker deletes no records of this topic, since its cleanup.policy is compact',
  )
})
