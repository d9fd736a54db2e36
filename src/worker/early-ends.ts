// What ends a worker as long as nobody has been a member: a connection that is not secure, which no waiting mends, and with the
// option fail_fast what is otherwise waited for. Later both are an outage, which everybody waits out.

import { type ErrorCode, RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import { isOfTls } from '../events/error-words.ts'
import { asSentence } from '../lib/sentence.ts'

type Refuse = (error: RacecarError) => void

/** Only where no worker of this racecar has been a member before. */
export function endInsecure(bus: Bus, refuse: Refuse): void {
  const settled = [
    bus.on('brokers.insecure', ({ error, isOurs }) => {
      settle()
      // 78 where options alone can mend it; else who has to is not for us to know.
      const sentence = asSentence(`No secure connection to Kafka: ${error.message}`)
      refuse(new RacecarError(isOurs ? 'CONFIG' : 'INSECURE', sentence, { cause: error }))
    }),
    bus.on('group.joined', () => settle()),
  ]
  const settle = (): void => {
    for (const off of settled.splice(0)) off()
  }
}

export function failFast(bus: Bus, refuse: Refuse): void {
  const settled = [
    bus.on('broker.unreachable', ({ broker, error, waitingMs }) => {
      // Others may answer; where none does the other end is the right one.
      if (isOfTls(error)) return
      const silence = `The broker ${broker} has not answered for ${Number((waitingMs / 1000).toFixed(1))} s`
      end(asSentence(`${silence}, and fail_fast is set: ${error.message}`), 'BROKER_UNAVAILABLE')
    }),
    bus.on('topic.missing', ({ topic }) =>
      end(`The topic ${topic} does not exist, and fail_fast is set.`, 'TOPIC_MISSING'),
    ),
    bus.on('group.joined', () => settle()),
  ]
  function settle(): void {
    for (const off of settled.splice(0)) off()
  }
  function end(sentence: string, code: ErrorCode): void {
    settle()
    refuse(new RacecarError(code, sentence))
  }
}
