import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TlsError } from '../../src/engine/kafkajs/transport.ts'
import { createBus } from '../../src/events/bus.ts'
import { errorData } from '../../src/events/error-data.ts'
import { Log, type LogSettings } from '../../src/observe/log.ts'
import { sentences } from '../../src/observe/sentences.ts'
import { FakeClock } from '../support/fake-clock.ts'

let folder: string
let complaints: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'racecar-log-'))
  complaints = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(settings: Partial<LogSettings> = {}, isTTY = false) {
  const out = Object.assign(new PassThrough(), { isTTY })
  const complain = (sentence: string) => complaints.push(sentence)
  const log = new Log({ level: 'info', format: 'auto', out, complain, env: {}, clock: new FakeClock(), ...settings })
  const written = async () => {
    await log.close()
    return String(out.read() ?? '')
  }
  return { log, out, written }
}

const slot = { slot: 'WelcomeConsumer/0', pid: 123 }
const joined = {
  groupId: 'g',
  generation: 3,
  memberId: 'm',
  leader: false,
  durationMs: 5,
  partitions: [{ topic: 'a', partition: 1 }],
}

describe('the log', () => {
  it('is JSON where nobody looks on: one object a line, with slot, process id, event and the event’s data', async () => {
    const { log, written } = open()
    log.write(slot, 'group.joined', joined)
    const line = JSON.parse(await written())
    expect(line).toMatchObject({
      time: '2026-01-01T00:00:00.000Z',
      level: 'info',
      event: 'group.joined',
      slot: 'WelcomeConsumer/0',
      pid: 123,
      message: 'Has 1 partition in the group g: a/1 (generation 3).',
      partitions: [{ topic: 'a', partition: 1 }],
    })
  })

  it('is text with colours on a terminal, each line with slot and process id', async () => {
    const { log, written } = open({}, true)
    log.write(slot, 'group.joined', joined)
    const text = await written()
    expect(text).toContain('\u001b[')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours.
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(
      '2026-01-01T00:00:00.000Z INFO  [WelcomeConsumer/0 pid 123] Has 1 partition in the group g: a/1 (generation 3).\n',
    )
  })

  it('has no colours with NO_COLOR, nor where text was asked for and nobody looks on', async () => {
    for (const [settings, isTTY] of [
      [{ env: { NO_COLOR: '1' } }, true],
      [{ format: 'text' }, false],
    ] as const) {
      const { log, written } = open(settings, isTTY)
      log.write(slot, 'group.joined', joined)
      const text = await written()
      expect(text).toContain('[WelcomeConsumer/0 pid 123]')
      expect(text).not.toContain('\u001b[')
    }
  })

  it('leaves out what is less severe than asked for', async () => {
    const { log, written } = open({ level: 'warn' })
    log.write(slot, 'group.joined', joined)
    log.write(slot, 'line', { level: 'info', message: 'not this', from: 'user' })
    log.write(slot, 'line', { level: 'error', message: 'but this', from: 'user' })
    const lines = (await written()).trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('but this')
  })

  it('does not let a user’s field pass for one of its own, nor a strange value cost a line', async () => {
    const { log, written } = open()
    const circle: Record<string, unknown> = { big: 1n, fn: () => {} }
    circle.self = circle
    const fields = { pid: 1, level: 'lie', order: 7, circle, twice: [circle, { deep: circle }] }
    log.write(slot, 'line', { level: 'info', message: 'hello', from: 'user', fields })
    const line = JSON.parse(await written())
    expect(line).toMatchObject({ pid: 123, level: 'info', order: 7, circle: { big: '1n', self: '[circular]' } })
  })

  it('shows the stack of an error that came out of the user’s code', async () => {
    const { log, written } = open({ format: 'text' })
    const error = errorData(new TypeError('boom', { cause: new Error('below') }))
    log.write(slot, 'worker.failed', { error })
    const text = await written()
    expect(text).toContain('Failed: TypeError: boom (below)')
    expect(text).toMatch(/\n {4,}at /)
  })

  it('writes what the primary publishes, and nothing after it has stopped listening', async () => {
    const { log, written } = open()
    const bus = createBus()
    const stop = log.listen(bus, { pid: 1 })
    bus.publish('slot.up', { slot: 'WelcomeConsumer/2', pid: 77, afterMs: 120 })
    stop()
    bus.publish('slot.up', { slot: 'WelcomeConsumer/3', pid: 78, afterMs: 120 })
    const lines = (await written()).trim().split('\n')
    expect(lines.map(line => JSON.parse(line))).toEqual([
      expect.objectContaining({
        slot: 'WelcomeConsumer/2',
        pid: 77,
        message: 'WelcomeConsumer/2 (77) is up after 0.12 s.',
      }),
    ])
  })

  it('complains, and goes on, when an event is not what it says it is', async () => {
    const { log, written } = open()
    log.write(slot, 'group.joined', { partitions: null } as never)
    log.write(slot, 'no.such.event' as never, {} as never)
    log.write(slot, 'group.left', { groupId: 'g', durationMs: 5 })
    expect((await written()).trim().split('\n')).toHaveLength(1)
    expect(complaints).toEqual([expect.stringContaining('group.joined')])
  })
})

describe('an output that nobody reads', () => {
  it('takes some megabytes, then lines are lost, counted, and told when it is read again', async () => {
    const { log, out } = open()
    const say = (message: string) => log.write(slot, 'line', { level: 'info', message, from: 'user' })
    const long = 'x'.repeat(100_000)
    for (let line = 0; line < 200; line++) say(long)
    expect(out.writableLength + out.readableLength).toBeLessThan(9_000_000)
    const chunks: Buffer[] = []
    out.on('data', (chunk: Buffer) => chunks.push(chunk))
    await vi.waitUntil(() => out.writableLength === 0)
    say('read again')
    await log.close()
    await vi.waitUntil(() => out.writableLength + out.readableLength === 0)
    const messages = String(Buffer.concat(chunks))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).message)
    const taken = messages.filter(message => message === long).length
    expect(messages.slice(taken)).toEqual([
      `${200 - taken} lines of this log were lost while nobody read them.`,
      'read again',
    ])
  })
})

describe('a log file', () => {
  it('holds every line when the log is closed', async () => {
    const file = join(folder, 'racecar.log')
    const { log } = open({ file })
    const count = 5000
    for (let line = 0; line < count; line++)
      log.write(slot, 'line', { level: 'info', message: `line ${line}`, from: 'user' })
    await log.close()
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines).toHaveLength(count)
    expect(JSON.parse(lines[count - 1]!)).toMatchObject({ message: `line ${count - 1}` })
  })

  it('is appended to, and is JSON even when it was started from a terminal', async () => {
    const file = join(folder, 'racecar.log')
    for (const message of ['first', 'second']) {
      const { log } = open({ file }, true)
      log.write(slot, 'line', { level: 'info', message, from: 'user' })
      await log.close()
    }
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map(line => JSON.parse(line).message)).toEqual(['first', 'second'])
  })

  it('is opened anew after it was moved away: each line is in one of the two', async () => {
    const file = join(folder, 'racecar.log')
    const { log } = open({ file })
    const say = (from: number, to: number) => {
      for (let line = from; line < to; line++)
        log.write(slot, 'line', { level: 'info', message: `line ${line}`, from: 'user' })
    }
    say(0, 2000)
    await vi.waitUntil(() => readFileSync(file, 'utf8') !== '')
    renameSync(file, `${file}.1`)
    expect(log.reopen()).toEqual({ file, isOpen: true })
    say(2000, 4000)
    await log.close()
    const messages = (name: string) =>
      readFileSync(name, 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).message)
    expect(messages(file)).toEqual(Array.from({ length: 2000 }, (_, line) => `line ${line + 2000}`))
    expect([...messages(`${file}.1`), ...messages(file)]).toHaveLength(4000)
    expect(complaints).toEqual([])
  })

  it('that cannot be opened anew is complained about, and the one before is written on', async () => {
    const file = join(folder, 'logs', 'racecar.log')
    mkdirSync(join(folder, 'logs'))
    const { log } = open({ file })
    log.write(slot, 'line', { level: 'info', message: 'it is open', from: 'user' })
    await vi.waitUntil(() => readFileSync(file, 'utf8') !== '')
    renameSync(join(folder, 'logs'), join(folder, 'old'))
    expect(log.reopen()).toEqual({ file, isOpen: false })
    log.write(slot, 'line', { level: 'info', message: 'still here', from: 'user' })
    await log.close()
    expect(complaints).toEqual([expect.stringContaining('The one before is written on.')])
    expect(readFileSync(join(folder, 'old', 'racecar.log'), 'utf8')).toContain('still here')
  })

  it('is no matter where there is none', async () => {
    const { log, written } = open()
    expect(log.reopen()).toEqual({ file: undefined, isOpen: true })
    expect(await written()).toBe('')
    expect(complaints).toEqual([])
  })

  it('that cannot be written is refused at once, with the exit code 73', () => {
    const file = join(folder, 'no', 'such', 'folder', 'racecar.log')
    expect(() => open({ file })).toThrow(expect.objectContaining({ code: 'CANNOT_CREATE', exitCode: 73 }))
  })
})

describe('sentences', () => {
  it('call no rebalance an error', () => {
    for (const name of ['group.joining', 'group.joined', 'group.rebalancing', 'partitions.revoked'] as const)
      expect(sentences[name].level).toBe('info')
  })

  it('end with one full stop, whoever gave the reason', () => {
    const exited = { slot: 'Welcome/0', pid: 7, code: 1, signal: null }
    const { say } = sentences['slot.exited']
    expect(say({ ...exited, why: 'was ended by SIGKILL' })).toBe('Welcome/0 (7) was ended by SIGKILL.')
    expect(say({ ...exited, why: 'failed: no topic. Create it.' })).toBe('Welcome/0 (7) failed: no topic. Create it.')
    const { say: stopped } = sentences['primary.stopped']
    expect(stopped({ exitCode: 1, why: 'Welcome/0 crashed' })).toBe('Ends with exit code 1: Welcome/0 crashed.')
  })

  it('tell what a worker had in hand when it was last heard: the newest by name, the others by number', () => {
    const inHand = Array.from({ length: 12 }, (_, partition) => ({
      ...{ topic: 't', partition, offset: 5, lastOffset: partition === 1 ? 9 : 5, forMs: partition * 1000 },
    }))
    const last = { agoMs: 3100, inHand, more: 3, memoryBytes: 200 * 2 ** 20 }
    const hung = sentences['slot.hung'].say({ slot: 'Welcome/0', pid: 7, limitMs: 3000, last })
    expect(hung).toMatch(/^Welcome\/0 \(7\) has not answered for 3.1 s, longer than hang_timeout \(3 s\): /)
    expect(hung).toContain('last heard, 3.1 s before, it had in hand t/0@5 for 0 s, t/1@5…9 for 1 s, t/2@5 for 2 s, ')
    expect(hung).toMatch(/, t\/9@5 for 9 s and 5 others, and 200 MB of memory\.$/)
    const idle = { ...last, inHand: [], more: 0 }
    const { say } = sentences['slot.hung']
    expect(say({ slot: 'W/0', pid: 7, limitMs: 3000, last: idle })).toMatch(/ It had nothing in hand\.$/)
    const exited = { slot: 'W/0', pid: 7, code: null, signal: 'SIGKILL', why: 'was killed' }
    expect(sentences['slot.exited'].say({ ...exited, last })).toMatch(/^W\/0 \(7\) was killed\. When it was last heard/)
  })

  it('count offsets where a log does not hold a position, and shout where it holds what is left out', () => {
    const log = { topic: 't', partition: 0, start: 8, end: 20 }
    const { level, say } = sentences['offset.reset']
    const line = (from: number, to: number, more = {}) => {
      const reset = { ...log, from, to, skipped: to - from, ...more }
      return [typeof level === 'function' ? level(reset) : level, say(reset)]
    }
    expect(line(3, 8)).toEqual([
      'warn',
      't/0 goes on at 8, the start of its log: 3 is not in it any more, it reaches from 8 to 20 (5 offsets skipped).',
    ])
    expect(line(3, 20)).toEqual([
      'error',
      't/0 goes on at 20, the end of its log: 3 is not in it any more, it reaches from 8 to 20 (17 offsets skipped, past 12 that it holds).',
    ])
    expect(line(21, 8)).toEqual([
      'warn',
      't/0 goes on at 8, the start of its log: 21 is beyond it, it reaches from 8 to 20 (back by 13 offsets).',
    ])
    expect(line(21, 20)).toEqual([
      'error',
      't/0 goes on at 20, the end of its log: 21 is beyond it, it reaches from 8 to 20 (back by 1 offset, past 12 that it holds).',
    ])
    expect(line(3, 8, { end: 8 })[0]).toBe('warn')
  })

  it('tell a cause that says more, and not one that says the same once more', () => {
    const { say } = sentences['worker.failed']
    const cause = new Error('the socket hung up')
    const same = new Error('no answer', { cause: new Error('no answer', { cause }) })
    expect(say({ error: errorData(same) })).toBe('Failed: no answer (the socket hung up)')
    expect(say({ error: errorData(new Error('no answer', { cause: new Error('no answer') })) })).toBe(
      'Failed: no answer',
    )
    const odd = Object.assign(new Error(), { message: 7, cause: new Error('seven') })
    expect(say({ error: errorData(odd) })).toBe('Failed: 7 (seven)')
  })

  it('tell of a message that ends its workers: how often, what of, and what follows', () => {
    const of = { consumer: 'Welcome', topic: 't', partition: 1, offset: 17, crashes: 3 }
    const whys = ['was ended by SIGABRT', 'failed: out of luck.', 'was ended by SIGABRT']
    const convicted = (follows: 'stop' | 'skip') => sentences['message.convicted'].say({ ...of, whys, follows })
    expect(convicted('skip')).toBe(
      't/1@17 ends its workers: 3 of Welcome (2 times: was ended by SIGABRT; failed: out of luck.), the last one with nothing else in hand. It is skipped.',
    )
    expect(convicted('stop')).toContain(
      't/1 stops before it; the other partitions go on. Once its cause is mended: racecarctl',
    )
    const { say } = sentences['partition.stopped']
    for (const why of ['failed: out of luck', 'failed: out of luck.'])
      expect(say({ ...of, why, forMs: 300_000 })).toMatch(
        /^t\/1 of Welcome has stood before 17 for 300 s: .* 3 workers, the last one failed: out of luck\. Once its cause/,
      )
  })

  it('name the option that a broker which does not answer was set with', () => {
    const error = errorData(new Error('connect ECONNREFUSED'))
    const sentence = sentences['broker.unreachable'].say({ broker: 'localhost:1', error, waitingMs: 3000 })
    expect(sentence).toBe(
      'No answer from the broker localhost:1 for 3 s (option brokers): connect ECONNREFUSED. Trying on.',
    )
  })

  it('end as the reason does', () => {
    const error = errorData(new Error('does that port speak TLS?'))
    const sentence = sentences['broker.unreachable'].say({ broker: 'localhost:1', error, waitingMs: 3000 })
    expect(sentence).toMatch(/: does that port speak TLS\? Trying on\.$/)
  })

  it('tell what is wrong with certificates from silence', () => {
    const error = errorData(new TlsError('the certificate of kafka:9093 has expired'))
    const sentence = sentences['broker.unreachable'].say({ broker: 'kafka:9093', error, waitingMs: 0 })
    expect(sentence).toBe('No secure connection to the broker kafka:9093: the certificate of kafka:9093 has expired.')
  })

  it('tell a wrong password from silence', () => {
    const error = { ...errorData(new Error('kafka:9093 does not let us in')), name: 'SaslError' }
    const sentence = sentences['broker.unreachable'].say({ broker: 'kafka:9093', error, waitingMs: 0 })
    expect(sentence).toBe('Not let in any more: kafka:9093 does not let us in. Trying on.')
  })
})
