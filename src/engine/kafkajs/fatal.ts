// The end of a membership in words: what the coordinator's last answer means to whoever runs the consumer.

import { isRacecarError, RacecarError } from '../../errors.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { EngineSettings } from '../engine.ts'
import { actionFor } from './codes.ts'

/** An error that carries the exit code. */
export function fatal(cause: unknown, { groupId, instanceId, strategies }: EngineSettings): RacecarError {
  if (isRacecarError(cause)) return cause
  const options = { cause }
  const text = reasonOf(cause)
  switch (actionFor(cause)) {
    case 'fenced':
      return new RacecarError('FENCED', `another process has joined the group ${groupId} as ${instanceId}`, options)
    case 'protocol':
      return new RacecarError(
        'GROUP_PROTOCOL',
        `the members of the group ${groupId} use none of the strategies ${strategies.join(', ')}`,
        options,
      )
    case 'denied':
      return new RacecarError('NOT_ALLOWED', `Kafka does not allow it: ${text}`, options)
    case 'refused':
      return new RacecarError('CONFIG', `Kafka does not accept it: ${text}`, options)
    default:
      return new RacecarError('ENGINE_FAILED', text, options)
  }
}
