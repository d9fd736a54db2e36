import { expect, it } from 'vitest'
import { type ListOptions, listBox } from '../../../../src/cli/ctl/dead-letter/list.ts'
import { AT, FakeBox, headers, record, Terminal } from './fake-box.ts'

async function listed(box: FakeBox, options: ListOptions = {}): Promise<string> {
  const terminal = new Terminal()
  expect(await listBox(box, options, terminal.ground)).toBe(0)
  return terminal.out
}

const foreign = { ...record(1), headers: headers({ trace: 'other' }), key: null }

it('is a table in order of partition and offset, with what was replayed', async () => {
  const second = record(7, { 'racecar-error': 'Error: no route\n  at x', 'racecar-replays': '2' })
  const box = new FakeBox([record(0), foreign], [second])
  await box.save([{ topic: box.topic, partition: 0, offset: 1, note: '' }])
  expect(await listed(box)).toBe(`\
LETTER  GIVEN UP             FROM          ATTEMPTS  REPLAYED   KEY
0/0     2026-01-02 03:04:05  orders/3@100         3  yes        key-0
  boom
0/1     2026-01-02 03:04:06  –                    –  no         –
  –
1/7     2026-01-02 03:04:12  orders/3@107         3  2× before  key-7
  Error: no route

3 dead letters in orders.dead-letter, 1 of them replayed.
`)
})

it('obeys nothing that is written in a letter, and fits in a line', async () => {
  const nasty = { ...record(0, { 'racecar-error': `\x1b[2J${'x'.repeat(200)}` }), key: Buffer.from('a\x07\nb') }
  const [, row, error] = (await listed(new FakeBox([nasty]))).split('\n')
  expect(row).toContain('a b')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(row).not.toMatch(/[\x00-\x1f]/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(error).not.toMatch(/[\x00-\x1f]/)
  expect([row!.length <= 100, error!.length]).toEqual([true, 100])
})

it('is empty where nothing is there', async () => {
  expect(await listed(new FakeBox([]))).toBe('0 dead letters in orders.dead-letter, 0 of them replayed.\n')
})

it('says when there is more', async () => {
  const box = new FakeBox(Array.from({ length: 101 }, (_, offset) => record(offset)))
  expect(await listed(box)).toContain('The first 100 in orders.dead-letter, 0 of them replayed. --limit shows more.')
  expect(await listed(box, { limit: 101 })).toContain('\n101 dead letters in')
  expect((await listed(box, { json: true })).trim().split('\n')).toHaveLength(101)
})

it.each([
  ['a partition', { partition: 1 }, ['1/4']],
  ['a time', { since: AT + 4000 }, ['1/4']],
  ['the topic they came from', { topic: 'orders' }, ['0/0', '1/4']],
  ['another topic', { topic: 'refunds' }, ['0/2']],
])('can be of %s alone', async (_, options, places) => {
  const box = new FakeBox([record(0), record(2, { 'racecar-topic': 'refunds' })], [record(4)])
  const rows = (await listed(box, options)).split('\n\n')[0]!.split('\n').slice(1)
  expect(rows.filter(row => !row.startsWith(' ')).map(row => row.split(' ')[0])).toEqual(places)
})

it('is one object a line as JSON, with what is no text in base64', async () => {
  const binary = { ...record(0), key: Buffer.from([0xff]) }
  const lines = (await listed(new FakeBox([binary, foreign]), { json: true })).trim().split('\n')
  expect(lines.map(line => JSON.parse(line))).toEqual([
    {
      partition: 0,
      offset: 0,
      timestamp: '2026-01-02T03:04:05.000Z',
      origin: { topic: 'orders', partition: 3, offset: 100, timestamp: '2026-01-02T03:04:05.000Z' },
      attempts: 3,
      error: 'boom',
      group: 'shop',
      consumer: 'OrdersConsumer',
      replays: 0,
      replayed: false,
      key: { base64: '/w==' },
    },
    expect.objectContaining({ offset: 1, origin: null, attempts: null, error: null, key: null }),
  ])
})
