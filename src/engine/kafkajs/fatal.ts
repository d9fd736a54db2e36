// The end of a membership in words: what the coordinator's last answer means to whoever runs the consumer.

import { isRacecarError, RacecarError } from '../../errors.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { EngineSettings } from '../engine.ts'
import { actionFor, KafkaError } from './codes.ts'

/** Which option a broker refuses it does not say. */
const OPTIONS: Readonly<Record<string, string>> = {
  INVALID_SESSION_TIMEOUT:
    'option session_timeout, which the brokers bound by group.min.session.timeout.ms and group.max.session.timeout.ms',
  INVALID_GROUP_ID: 'option group_id',
}

function optionOf(cause: unknown): string {
  const option = cause instanceof KafkaError ? OPTIONS[cause.code] : undefined
  return option === undefined ? '' : ` (${option})`
}

/** The ACL that is missing. */
function rightFor(cause: unknown, groupId: string): string {
  if (!(cause instanceof KafkaError)) return ''
  if (cause.code === 'GROUP_AUTHORIZATION_FAILED') return ` (it takes the ACL Read on the group ${groupId})`
  return cause.right === undefined ? '' : ` (it takes the ACL ${cause.right})`
}

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
      return new RacecarError('NOT_ALLOWED', `Kafka does not allow it: ${text}${rightFor(cause, groupId)}`, options)
    case 'refused':
      return new RacecarError('CONFIG', `Kafka does not accept it: ${text}${optionOf(cause)}`, options)
    default:
      return new RacecarError('ENGINE_FAILED', text, options)
  }
}
