import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { seal, type ToPrimary } from '../../src/messages.ts'
import { execArgvFor } from '../../src/supervisor/fork.ts'
import { handleOf } from '../../src/supervisor/worker-handle.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** The part of a ChildProcess that a handle uses. */
class FakeChild extends EventEmitter {
  pid: number | undefined = 77
  connected = true
  readonly sent: unknown[] = []
  readonly signals: string[] = []

  send(message: unknown): boolean {
    this.sent.push(message)
    return true
  }
  kill(signal: string): boolean {
    this.signals.push(signal)
    return true
  }
  disconnect(): void {
    this.connected = false
    this.emit('disconnect')
  }
  says(message: ToPrimary): void {
    this.emit('message', seal(message))
  }
}

let child: FakeChild
let clock: FakeClock
let told: unknown[]

beforeEach(() => {
  child = new FakeChild()
  clock = new FakeClock()
  told = []
})

const handle = () =>
  handleOf(
    child as unknown as ChildProcess,
    {
      message: message => told.push(message),
      exited: exit => told.push(exit),
      forkFailed: error => told.push(error.message),
    },
    clock,
  )

describe('a worker’s handle', () => {
  it('keeps what it is given until the worker listens, and then says it in order', () => {
    const worker = handle()
    worker.send({ type: 'beat' })
    worker.send({ type: 'stop', withinMs: 1, leave: true, reason: 'r' })
    expect(child.sent).toEqual([])
    child.says({ type: 'ready' })
    worker.send({ type: 'beat' })
    expect(child.sent).toMatchObject([{ type: 'beat' }, { type: 'stop' }, { type: 'beat' }])
    expect(told, 'ready is its own affair').toEqual([])
  })

  it('hears only what is meant for it: user code may use the channel as well', () => {
    handle()
    for (const message of [null, 'up', { type: 'up' }, { type: 'nonsense', channel: 'racecar' }, 7])
      child.emit('message', message)
    child.says({ type: 'up' })
    expect(told).toEqual([expect.objectContaining({ type: 'up' })])
  })

  it.each([
    { type: 'described' },
    { type: 'described', description: null },
    { type: 'described', description: { consumer: 'C' } },
    { type: 'refused', error: null, cure: '' },
    { type: 'refused', error: { name: 'Error', message: 'm' } },
    { type: 'event' },
    { type: 'event', event: { name: 'line', data: null } },
    { type: 'event', event: { name: null, data: {} } },
    { type: 'event', event: { name: 'worker.failed', data: {} } },
    { type: 'event', event: { name: 'worker.failed', data: { error: { name: 'Error' } } } },
  ])('does not hear what bears our mark and cannot be taken apart: %j', message => {
    handle()
    child.emit('message', { ...message, channel: 'racecar' })
    expect(told).toEqual([])
  })

  it('tells of an exit after the worker’s last message', () => {
    handle()
    child.emit('exit', 1, null)
    child.says({ type: 'up' })
    child.disconnect()
    expect(told).toEqual([expect.objectContaining({ type: 'up' }), { code: 1, signal: null }])
    expect(clock.pending).toBe(0)
  })

  it('tells of an exit once, and soon, even when a grandchild keeps the channel open', async () => {
    handle()
    child.emit('exit', null, 'SIGKILL')
    expect(told).toEqual([])
    await clock.advance(250)
    child.disconnect()
    expect(told).toEqual([{ code: null, signal: 'SIGKILL' }])
  })

  it('tells at once of an exit whose channel was closed before', () => {
    handle()
    child.disconnect()
    child.emit('exit', 3, null)
    expect(told).toEqual([{ code: 3, signal: null }])
  })

  it('says nothing to a worker that is gone', () => {
    const worker = handle()
    child.says({ type: 'ready' })
    child.disconnect()
    worker.send({ type: 'beat' })
    expect(child.sent).toEqual([])
  })

  it('tells apart a process that never was from a message that did not arrive', () => {
    handle()
    child.emit('error', new Error('EPIPE'))
    expect(told).toEqual([])
    child = new FakeChild()
    child.pid = undefined
    expect(handle().pid).toBe(0)
    child.emit('error', new Error('spawn EAGAIN'))
    expect(told).toEqual(['spawn EAGAIN'])
  })

  it('ends its process by SIGKILL', () => {
    handle().kill()
    expect(child.signals).toEqual(['SIGKILL'])
  })
})

describe('what workers are started with', () => {
  it('keeps what the primary was started with, once, and adds what this version of Node knows', () => {
    const old = new Set(['--enable-source-maps'])
    expect(execArgvFor(['--max-old-space-size=64', '--enable-source-maps'], old)).toEqual([
      '--max-old-space-size=64',
      '--enable-source-maps',
    ])
    for (const program of [['-e', 'run()'], ['--eval=run()'], ['--input-type=module', '-p', 'run()']])
      expect(execArgvFor([...program, '--no-warnings'], old)).toEqual(['--no-warnings', '--enable-source-maps'])
    expect(execArgvFor([], new Set([...old, '--disable-sigusr1']))).toEqual([
      '--enable-source-maps',
      '--disable-sigusr1',
    ])
  })
})
