// What ends a worker as long as nobody has been a member: a connection that is not secure, which no waiting mends, and with the
// option fail_fast what is otherwise waited for. Later both are an outage, which everybody waits out.

import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import { isOfTls } from '../events/error-words.ts'
import { asSentence } from '../lib/sentence.ts'

type Refuse = (error: RacecarError) => void

/** Only where no worker of this racecar has been a member before. */
export function endInsecure(bus: Bus, refuse: Refuse): void {
  untilMember(bus, refuse, end => [
    bus.on('brokers.insecure', ({ error, isOurs }) => {
      // 78 where options alone can mend it; else who has to is not for us to know.
      const sentence = asSentence(`No secure connection to Kafka: ${error.message}`)
      end(new RacecarError(isOurs ? 'CONFIG' : 'INSECURE', sentence, { cause: error }))
    }),
  ])
}

export function failFast(bus: Bus, refuse: Refuse): void {
  untilMember(bus, refuse, end => [
    bus.on('broker.unreachable', ({ broker, error, waitingMs }) => {
      // Others may answer; where none does the other end is the right one.
      if (isOfTls(error)) return
      const silence = `The broker ${broker} has not answered for ${Number((waitingMs / 1000).toFixed(1))} s`
      const sentence = asSentence(`${silence}, and fail_fast is set: ${error.message}`)
      end(new RacecarError('BROKER_UNAVAILABLE', sentence))
    }),
    bus.on('topic.missing', ({ topic }) =>
      end(new RacecarError('TOPIC_MISSING', `The topic ${topic} does not exist, and fail_fast is set.`)),
    ),
  ])
}

type Off = () => void

/** Nothing is heard any more when somebody has been a member, or it has ended once. */
function untilMember(bus: Bus, refuse: Refuse, listen: (end: Refuse) => readonly Off[]): void {
  const end = (error: RacecarError): void => {
    settle()
    refuse(error)
  }
  const offs = [...listen(end), bus.on('group.joined', () => settle())]
  const settle = (): void => {
    for (const off of offs.splice(0)) off()
  }
}
