import { expect, it } from 'vitest'
import { type ShowOptions, showOf } from '../../../../src/cli/ctl/dead-letter/show.ts'
import { FakeBox, record, Terminal } from './fake-box.ts'

async function shown(box: FakeBox, place: string, options: ShowOptions = {}) {
  const terminal = new Terminal()
  const [partition, offset] = place.split('/').map(Number)
  const code = await showOf(box, { partition: partition!, offset: offset! }, options, terminal.ground)
  return { code, terminal }
}

it('tells everything about one', async () => {
  const letter = record(4, { 'racecar-error': 'Error: no route\n  at x', 'racecar-replays': '1' })
  const { code, terminal } = await shown(new FakeBox([letter]), '0/4')
  expect([code, terminal.out]).toEqual([
    0,
    `\
orders.dead-letter/0@4, given up at 2026-01-02T03:04:09.000Z
from      orders/3@104, written at 2026-01-02T03:04:05.000Z
by        OrdersConsumer in the group shop, attempts: 3
error     Error: no route
            at x
replayed  no, and 1 time before
key       key-4
header    trace: t4
header    racecar-replays: 1
value     7 bytes:
value 4
`,
  ])
})

it('shows what is no text in base64, and has a terminal obey nothing', async () => {
  const binary = { ...record(0), value: Buffer.from([0xff, 0]) }
  expect((await shown(new FakeBox([binary]), '0/0')).terminal.out).toContain('value     2 bytes, in base64:\n/wA=\n')
  const nasty = { ...record(0), value: Buffer.from('a\x1b[2J\tb\nc') }
  expect((await shown(new FakeBox([nasty]), '0/0')).terminal.out).toContain(':\na\\u001b[2J\tb\nc\n')
  const none = { ...record(0), value: null, key: null }
  expect((await shown(new FakeBox([none]), '0/0')).terminal.out).toMatch(/key {7}–\n(?:header .*\n)*no value\n$/)
})

it('writes the bytes alone where they are wanted', async () => {
  const value = Buffer.from([0xff, 0, 0x1b])
  const { terminal } = await shown(new FakeBox([{ ...record(0), value }]), '0/0', { raw: true })
  expect([terminal.out, Buffer.concat(terminal.raw)]).toEqual(['', value])
})

it.each(['0/3', '0/9', '7/0'])('says so where there is none: %s', async place => {
  const { code, terminal } = await shown(new FakeBox([record(4), record(6)]), place)
  expect([code, terminal.err]).toEqual([
    1,
    `racecarctl: there is no dead letter orders.dead-letter/${place.replace('/', '@')}.\n`,
  ])
})
