import { expect, it } from 'vitest'
import type { ForwardedEvent } from '../../src/messages.ts'
import { Release } from '../../src/supervisor/release.ts'
import { wordOf } from '../../src/supervisor/words.ts'

const of = { slot: 1, run: 7 }
const handle = { pid: 4711, send: () => {}, kill: () => {} }
const worker = { ...of, handle, release: new Release([]) }
const heard = (event: ForwardedEvent) => wordOf(worker, { type: 'event', event })

it('is what a worker tells everybody of itself, of its group and of how far it has come', () => {
  const groupId = 'g'
  const offsets = [{ topic: 't', partition: 0, offset: 7 }]
  const events: ForwardedEvent[] = [
    { name: 'group.joining', data: { groupId } },
    { name: 'group.left', data: { groupId, durationMs: 5 } },
    { name: 'offsets.committed', data: { offsets } },
    { name: 'topic.remade', data: { topic: 't' } },
    { name: 'worker.failed', data: { error: { name: 'TypeError', message: 'no' } } },
    { name: 'topic.missing', data: { topic: 't' } },
  ]
  expect(events.map(heard)).toEqual([
    { type: 'joining', ...of },
    { type: 'left', ...of },
    { type: 'committed', ...of, offsets },
    { type: 'remade', ...of, topic: 't' },
    { type: 'failed', ...of, message: 'TypeError: no' },
    undefined,
  ])
})

it.each([[7], [[null]], [undefined]])(
  'is nothing where user code publishes under our names what is not ours: %o',
  offsets => {
    expect(heard({ name: 'offsets.committed', data: { offsets } } as unknown as ForwardedEvent)).toBeUndefined()
  },
)
