// With real processes, because what lives and what is dead is asked of the system.

import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { clearTheWay } from '../../src/supervisor/predecessors.ts'
import { lifeOf, type SlotRecord } from '../../src/supervisor/slots-file.ts'

let children: ChildProcess[]
let events: [string, unknown][]
let evictions: [string, readonly string[]][]
let evict: () => Promise<void>

beforeEach(() => {
  children = []
  events = []
  evictions = []
  evict = async () => {}
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

async function worker(name: string, groupId = 'mail'): Promise<{ child: ChildProcess; record: SlotRecord }> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  children.push(child)
  await new Promise(resolve => child.once('spawn', resolve))
  return { child, record: { ...lifeOf(child.pid!), name, groupId, instanceId: `id-${name}` } }
}

const end = (child: ChildProcess, signal: NodeJS.Signals) =>
  new Promise(resolve => child.once('exit', resolve) && child.kill(signal))

function clear(left: readonly SlotRecord[], graceMs = 20_000, signal = new AbortController().signal) {
  const bus = createBus()
  bus.onAny((name, data) => events.push([name, data]))
  const takeOut = (groupId: string, instanceIds: readonly string[]) => {
    evictions.push([groupId, instanceIds])
    return evict()
  }
  return clearTheWay({ left, graceMs, evict: takeOut, bus, clock: systemClock }, signal)
}

describe.runIf(process.platform === 'linux')('workers of an earlier primary', () => {
  it('that are dead are taken out of their groups at once, each once', async () => {
    const [a, b, other] = [await worker('a'), await worker('b'), await worker('c', 'pay')]
    for (const { child } of [a, b, other]) await end(child, 'SIGKILL')
    expect(await clear([a.record, b.record, a.record, other.record])).toBe(true)
    expect(evictions).toEqual([
      ['mail', ['id-a', 'id-b']],
      ['pay', ['id-c']],
    ])
    expect(events.map(([name]) => name)).toEqual(['orphans.evicted', 'orphans.evicted'])
  })

  it('that live are waited for, with a line, and only then taken out', async () => {
    const [dead, living] = [await worker('dead'), await worker('living')]
    await end(dead.child, 'SIGKILL')
    const clearing = clear([dead.record, living.record])
    expect(events).toEqual([['orphans.awaited', { pids: [living.child.pid], graceMs: 20_000 }]])
    expect(evictions).toEqual([])
    await end(living.child, 'SIGTERM')
    expect(await clearing).toBe(true)
    expect(evictions).toEqual([['mail', ['id-dead', 'id-living']]])
  })

  it('that have not drained in time are killed', async () => {
    const { child, record } = await worker('stuck')
    const exited = new Promise(resolve => child.once('exit', (_, signal) => resolve(signal)))
    expect(await clear([record], 100)).toBe(true)
    expect(await exited).toBe('SIGKILL')
    expect(events[1]).toEqual(['orphan.killed', { pid: child.pid }])
    expect(evictions).toEqual([['mail', ['id-stuck']]])
  })

  it('whose numbers belong to strangers by now are dead; the strangers are left alone', async () => {
    const { child, record } = await worker('reused')
    expect(await clear([{ ...record, birth: 'an-earlier-boot:1' }], 0)).toBe(true)
    expect(evictions).toEqual([['mail', ['id-reused']]])
    expect(child.exitCode ?? child.signalCode).toBeNull()
  })

  it('of another host are left to their session', async () => {
    const { record } = await worker('elsewhere')
    expect(await clear([{ ...record, host: 'another' }], 0)).toBe(true)
    expect(evictions).toEqual([])
  })

  it('are not waited for after a stop: they stay to be settled by the next start', async () => {
    const { record } = await worker('living')
    const stop = new AbortController()
    const clearing = clear([record], 20_000, stop.signal)
    stop.abort()
    expect(await clearing).toBe(false)
    expect(evictions).toEqual([])
  })

  it('that the group will not have taken out hold up nobody', async () => {
    const { child, record } = await worker('a')
    await end(child, 'SIGKILL')
    evict = () => Promise.reject(new Error('no rights'))
    expect(await clear([record])).toBe(true)
    expect(events).toEqual([
      ['line', expect.objectContaining({ level: 'warn', message: expect.stringContaining('no rights') })],
    ])
  })
})
