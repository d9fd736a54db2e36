// The option fail_fast: what is otherwise waited for ends the worker, as long as it has never been a member of its group. Later
// it is an outage, which everybody waits out.

import { type ErrorCode, RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import { isOfSasl, isOfTls } from '../events/error-words.ts'
import { asSentence } from '../lib/sentence.ts'

export function failFast(bus: Bus, refuse: (error: RacecarError) => void): void {
  const settled = [
    bus.on('broker.unreachable', ({ broker, error, waitingMs }) => {
      const silence = `The broker ${broker} has not answered for ${Number((waitingMs / 1000).toFixed(1))} s`
      const refused = isOfSasl(error) ? `Not let in by the broker ${broker}` : silence
      const [what, code] = isOfTls(error)
        ? ([`No secure connection to the broker ${broker}`, 'TLS_FAILED'] as const)
        : ([refused, 'BROKER_UNAVAILABLE'] as const)
      end(asSentence(`${what}, and fail_fast is set: ${error.message}`), code)
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
