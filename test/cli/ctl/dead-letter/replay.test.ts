import { describe, expect, it } from 'vitest'
import { look, type Place } from '../../../../src/cli/ctl/dead-letter/pick.ts'
import { Replay, type ReplayOptions } from '../../../../src/cli/ctl/dead-letter/replay.ts'
import { AT, FakeBox, headers, record, Terminal } from './fake-box.ts'

async function replayed(
  box: FakeBox,
  options: Partial<ReplayOptions> = {},
  places: Place[] = [],
  terminal = new Terminal(),
) {
  const all = { most: 3, yes: true, ...options }
  const code = await new Replay(box, await look(box), all, terminal.ground).run(places)
  return { code, out: terminal.out, err: terminal.err }
}

const valuesOf = ({ sent }: FakeBox) => sent.map(({ value }) => String(value))
const at = (partition: number, offset: number): Place => ({ partition, offset })

describe('a message that is replayed', () => {
  it('goes to the partition that it came from, as it was, and says how often it came back', async () => {
    const box = new FakeBox([record(0, { 'racecar-replays': '1' })])
    expect(await replayed(box)).toEqual({ code: 0, out: '1 message of orders.dead-letter replayed.\n', err: '' })
    const [{ headers: own, ...rest }] = box.sent as [(typeof box.sent)[number]]
    const [key, value] = [Buffer.from('key-0'), Buffer.from('value 0')]
    expect(rest).toEqual({ topic: 'orders', partition: 3, key, value })
    expect(own).toEqual(headers({ trace: 't0', 'racecar-replays': '2' }))
  })

  it('goes by its key where that partition is no more, or is not wanted', async () => {
    const box = new FakeBox([record(0), record(1)])
    box.topics.set('orders', [0, 1])
    await replayed(box, {}, [at(0, 0)])
    box.topics.set('orders', [0, 1, 2, 3])
    await replayed(box, { byKey: true })
    expect(box.sent.map(({ partition }) => partition)).toEqual([undefined, undefined])
  })
})

describe('each goes once', () => {
  it('and what came later goes the next time', async () => {
    const box = new FakeBox([record(0), record(1)], [record(5)])
    expect((await replayed(box)).out).toContain('3 messages')
    box.logs[0]!.push(record(2))
    expect((await replayed(box)).out).toContain('1 message ')
    expect(valuesOf(box)).toEqual(['value 0', 'value 1', 'value 5', 'value 2'])
  })

  it('also where only some were wanted at first', async () => {
    const box = new FakeBox([record(0), record(1), record(2)])
    await replayed(box, {}, [at(0, 1), at(0, 1)])
    expect(valuesOf(box)).toEqual(['value 1'])
    const { code, err } = await replayed(box, {}, [at(0, 1), at(0, 9)])
    expect([code, err]).toEqual([
      1,
      'racecarctl: 0/1 is left out: it was replayed already.\nracecarctl: 0/9 is left out: there is no such dead letter.\n',
    ])
    await replayed(box)
    expect(valuesOf(box)).toEqual(['value 1', 'value 0', 'value 2'])
  })

  it('and one that ends before it has written it down sends again, and loses nothing', async () => {
    const box = new FakeBox([record(0), record(1)])
    const save = box.save
    box.save = () => Promise.reject(new Error('killed'))
    await expect(replayed(box)).rejects.toThrow('killed')
    box.save = save
    await replayed(box)
    expect(valuesOf(box)).toEqual(['value 0', 'value 1', 'value 0', 'value 1'])
  })

  it('and it is written down every hundred', async () => {
    const box = new FakeBox(Array.from({ length: 250 }, (_, offset) => record(offset)))
    const saved: number[] = []
    const save = box.save.bind(box)
    box.save = marks => {
      saved.push(marks[0]!.offset)
      return save(marks)
    }
    await replayed(box)
    expect(saved).toEqual([100, 200, 250])
  })
})

it.each([
  ['an error', { onlyError: 'route' }, ['value 1']],
  ['a time', { since: AT + 2000 }, ['value 2']],
  ['a number', { limit: 2 }, ['value 0', 'value 1']],
  ['a partition', { partition: 1 }, []],
  ['the topic they came from', { topic: 'refunds' }, ['value 2']],
])('can be of %s alone', async (_, options, values) => {
  const box = new FakeBox(
    [record(0), record(1, { 'racecar-error': 'no route' }), record(2, { 'racecar-topic': 'refunds' })],
    [],
  )
  box.topics.set('refunds', [0])
  await replayed(box, options)
  expect(valuesOf(box)).toEqual(values)
})

describe('is left out, and told of,', () => {
  it.each([
    [
      'what came back too often',
      record(1, { 'racecar-replays': '3' }),
      'it was replayed 3 times already, and came back (--most 3)',
    ],
    ['what says not where it came from', { ...record(1), headers: [] }, 'it does not say where it came from'],
    ['what has no offset', record(1, { 'racecar-offset': '-5' }), 'it does not say where it came from'],
    ['what has no topic to go to', record(1, { 'racecar-topic': 'gone' }), 'the topic gone does not exist'],
  ])('%s, and the others go', async (_, letter, why) => {
    const box = new FakeBox([record(0), letter, record(2)])
    const { code, err } = await replayed(box)
    expect([code, err]).toEqual([1, `racecarctl: 0/1 is left out: ${why}.\n`])
    expect(valuesOf(box)).toEqual(['value 0', 'value 2'])
    expect(box.saved.get(0)).toMatchObject({ offset: 1, note: 'racecar 2' })
  })

  it('what no broker takes, and the others go', async () => {
    const box = new FakeBox([record(0), record(1), record(2)])
    box.onSend = ({ value }) => (String(value) === 'value 1' ? new Error('MESSAGE_TOO_LARGE') : undefined)
    const { code, err } = await replayed(box)
    expect([code, err]).toEqual([1, 'racecarctl: 0/1 is left out: MESSAGE_TOO_LARGE.\n'])
    expect(valuesOf(box)).toEqual(['value 0', 'value 2'])
  })
})

describe('it ends before its time, and has written down what it did,', () => {
  it('when no broker takes anything any more', async () => {
    const box = new FakeBox([record(0), record(1), record(2)])
    box.onSend = ({ value }) => {
      if (String(value) === 'value 1') throw new Error('nobody answers')
      return undefined
    }
    expect(await replayed(box)).toEqual({
      code: 1,
      out: '1 message of orders.dead-letter replayed.\n',
      err: 'racecarctl: replaying ends before its time: nobody answers.\n',
    })
    expect(box.saved.get(0)).toMatchObject({ offset: 1 })
  })

  it('when it is interrupted', async () => {
    const box = new FakeBox([record(0), record(1)])
    const terminal = new Terminal()
    box.onSend = () => {
      terminal.interruption.abort()
      return undefined
    }
    const { code, err } = await replayed(box, {}, [], terminal)
    expect([code, err]).toEqual([1, 'racecarctl: replaying ends before its time: interrupted.\n'])
    expect([valuesOf(box), box.saved.get(0)?.offset]).toEqual([['value 0'], 1])
  })
})

describe('it asks', () => {
  const box = () => new FakeBox([record(0), record(1)])
  it.each([
    ['y', 2, 0],
    ['Yes', 2, 0],
    ['n', 0, 1],
    ['', 0, 1],
  ])('and does what is answered: %j', async (answer, count, expected) => {
    const some = box()
    const { code, err } = await replayed(some, { yes: false }, [], new Terminal().answering(answer))
    expect([code, some.sent.length]).toEqual([expected, count])
    expect(err).toBe('Replay 2 messages of orders.dead-letter to orders? [y/N] ')
  })

  it('and does nothing where nobody can be asked: 64', async () => {
    const some = box()
    const { code, err } = await replayed(some, { yes: false })
    expect([code, some.sent]).toEqual([64, []])
    expect(err).toContain('nobody can be asked here; --yes says so beforehand.\n')
  })

  it('nothing where there is nothing to replay', async () => {
    expect(await replayed(new FakeBox([]), { yes: false })).toEqual({
      code: 0,
      out: '0 messages of orders.dead-letter replayed.\n',
      err: '',
    })
  })
})
