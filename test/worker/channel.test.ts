import { describe, expect, it } from 'vitest'
import { createBus } from '../../src/events/bus.ts'
import type { Level } from '../../src/events/events.ts'
import type { ToPrimary } from '../../src/messages.ts'
import { IpcChannel, MOST_WAITING, type Port } from '../../src/worker/channel.ts'
import { forwardEvents } from '../../src/worker/forward.ts'

/** Clones as the real one does, and answers when the test lets it. */
function port() {
  const sent: unknown[] = []
  const answers: (() => void)[] = []
  const real: Port = {
    send(message, _handle, _options, done) {
      sent.push(structuredClone(message))
      answers.push(() => done(null))
      return true
    },
  }
  return { real, sent, answers }
}

/** The primary takes in all that waits. */
async function drained(answers: (() => void)[]): Promise<void> {
  for (const answer of answers.splice(0)) answer()
  await new Promise(resolve => setImmediate(resolve))
}

const line = (fields: Record<string, unknown>): ToPrimary => ({
  type: 'event',
  event: { name: 'line', data: { level: 'info', message: 'hello', from: 'user', fields } },
})

describe('a worker’s channel', () => {
  it('is flushed when everything said so far is on its way', async () => {
    const { real, answers } = port()
    const channel = new IpcChannel(real)
    channel.send({ type: 'up' })
    channel.send({ type: 'up' })
    let isFlushed = false
    const flushed = channel.flush().then(() => {
      isFlushed = true
    })
    answers[0]!()
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    answers[1]!()
    await flushed
  })

  it('does not fill the memory while the primary takes nothing in: lines are dropped, counted and told later', () => {
    const { real, sent, answers } = port()
    const channel = new IpcChannel(real)
    const joined: ToPrimary = {
      type: 'event',
      event: { name: 'group.left', data: { groupId: 'g', durationMs: 5 } },
    }
    for (let count = 0; count < MOST_WAITING + 5; count++) channel.send(line({ count }))
    channel.send(joined)
    channel.send({ type: 'up' })
    expect(sent).toHaveLength(MOST_WAITING + 2)
    expect(sent.at(-1)).toMatchObject({ type: 'up' })
    return drained(answers).then(() => {
      channel.send(line({ count: 'after' }))
      const [told, after] = sent.slice(-2)
      expect(told).toMatchObject({
        event: { name: 'line', data: { level: 'warn', message: expect.stringMatching(/^5 events of this worker/) } },
      })
      expect(after).toMatchObject({ event: { data: { fields: { count: 'after' } } } })
    })
  })

  it('tells at the latest when it is flushed how much was dropped', async () => {
    const { real, sent, answers } = port()
    const channel = new IpcChannel(real)
    for (let count = 0; count <= MOST_WAITING; count++) channel.send(line({ count }))
    const flushed = channel.flush()
    await drained(answers)
    await drained(answers)
    await flushed
    expect(sent.at(-1)).toMatchObject({
      event: { data: { message: expect.stringMatching(/^1 events of this worker/) } },
    })
  })

  it('holds one sign of life at a time: behind one that nobody has taken another one would say nothing more', async () => {
    const { real, sent, answers } = port()
    const channel = new IpcChannel(real)
    const alive: ToPrimary = { type: 'alive', inHand: [], more: 0, memoryBytes: 1 }
    for (let count = 0; count < 3; count++) channel.send(alive)
    expect(sent).toHaveLength(1)
    await drained(answers)
    channel.send(alive)
    expect(sent).toHaveLength(2)
    await drained(answers)
  })

  it('leaves out no sign of life that must be heard, unless nothing is taken in for far too long', () => {
    const { real, sent } = port()
    const channel = new IpcChannel(real)
    const alive = { type: 'alive', inHand: [], more: 0, memoryBytes: 1, isPrompt: true } as const
    for (let count = 0; count < MOST_WAITING + 5; count++) channel.send(alive)
    expect(sent).toHaveLength(MOST_WAITING)
  })

  it('turns what cannot cross processes into text, and leaves the rest as it is', () => {
    const { real, sent } = port()
    const fields = {
      count: 3,
      when: new Date(0),
      handler: () => 1,
      nested: {
        socket: new (class Socket {
          fn() {}
          go = () => {}
        })(),
      },
    }
    new IpcChannel(real).send(line(fields))
    expect(sent).toEqual([
      expect.objectContaining({
        event: {
          name: 'line',
          data: {
            level: 'info',
            message: 'hello',
            from: 'user',
            fields: {
              count: 3,
              when: new Date(0),
              handler: '[Function: handler]',
              nested: { socket: expect.stringContaining('Socket') },
            },
          },
        },
      }),
    ])
  })

  it('loses nothing but the message when the primary is gone', async () => {
    const channel = new IpcChannel({})
    channel.send({ type: 'up' })
    await channel.flush()
  })
})

describe('what is forwarded', () => {
  it('is everything but lines that nobody would see', () => {
    const bus = createBus()
    const said: ToPrimary[] = []
    let level: Level = 'warn'
    forwardEvents(
      bus,
      message => said.push(message),
      () => level,
    )
    bus.publish('line', { level: 'info', message: 'no', from: 'user' })
    bus.publish('line', { level: 'warn', message: 'yes', from: 'user' })
    bus.publish('offsets.committed', { offsets: [] })
    level = 'debug'
    bus.publish('line', { level: 'debug', message: 'now yes', from: 'user' })
    expect(said.map(message => message.type === 'event' && message.event.name)).toEqual([
      'line',
      'offsets.committed',
      'line',
    ])
  })
})
