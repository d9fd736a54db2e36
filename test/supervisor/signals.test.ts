import { describe, expect, it } from 'vitest'
import { answerSignals, type Heard, type SignalRequest } from '../../src/supervisor/signals.ts'

describe('signals', () => {
  it('that came before anybody could answer are answered first, in order, and once', () => {
    const heard: Heard = { signals: ['SIGUSR1', 'SIGTERM'], tell: signal => heard.signals.push(signal) }
    const asked: SignalRequest[] = []
    answerSignals(heard, request => asked.push(request))
    heard.tell('SIGINT')
    expect(asked).toEqual([{ kind: 'show options' }, { kind: 'stop', reason: 'SIGTERM' }, { kind: 'interrupt' }])
    expect(heard.signals).toEqual([])
  })

  it('SIGHUP asks for what the terminal decides on', () => {
    const asked: SignalRequest[] = []
    answerSignals({ signals: ['SIGHUP'], tell: () => {} }, request => asked.push(request))
    expect(asked).toEqual([{ kind: 'hang up' }])
  })

  it.each(['SIGTERM', 'SIGQUIT'])('%s asks for a graceful stop', signal => {
    const asked: SignalRequest[] = []
    answerSignals({ signals: [signal], tell: () => {} }, request => asked.push(request))
    expect(asked).toEqual([{ kind: 'stop', reason: signal }])
  })

  it.each([
    ['SIGTSTP', 'quiet'],
    ['SIGCONT', 'continue'],
  ])('%s asks for all to be %s', (signal, kind) => {
    const asked: SignalRequest[] = []
    answerSignals({ signals: [signal], tell: () => {} }, request => asked.push(request))
    expect(asked).toEqual([{ kind, by: signal, which: { consumers: [], partitions: [] } }])
  })

  it.each([
    ['SIGUSR2', { kind: 'restart', by: 'SIGUSR2' }],
    ['SIGTTIN', { kind: 'scale', by: 'SIGTTIN', to: { more: 1 }, consumers: [] }],
    ['SIGTTOU', { kind: 'scale', by: 'SIGTTOU', to: { more: -1 }, consumers: [] }],
  ])('%s asks for %j', (signal, request) => {
    const asked: SignalRequest[] = []
    answerSignals({ signals: [signal], tell: () => {} }, one => asked.push(one))
    expect(asked).toEqual([request])
  })

  it('that mean nothing here ask for nothing', () => {
    const asked: SignalRequest[] = []
    answerSignals({ signals: ['SIGWINCH', 'constructor'], tell: () => {} }, request => asked.push(request))
    expect(asked).toEqual([{ kind: 'nothing' }, { kind: 'nothing' }])
  })
})
