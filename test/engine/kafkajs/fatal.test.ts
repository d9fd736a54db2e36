import { expect, it } from 'vitest'
import type { EngineSettings } from '../../../src/engine/engine.ts'
import { codeOf, KafkaError } from '../../../src/engine/kafkajs/codes.ts'
import { fatal } from '../../../src/engine/kafkajs/fatal.ts'

const settings = { groupId: 'shop', instanceId: 'shop-0', strategies: ['range'] } as unknown as EngineSettings

it.each([
  [
    'INVALID_SESSION_TIMEOUT',
    78,
    /INVALID_SESSION_TIMEOUT \(option session_timeout, .*group\.min\.session\.timeout\.ms/,
  ],
  ['INVALID_GROUP_ID', 78, /INVALID_GROUP_ID \(option group_id\)$/],
  ['UNSUPPORTED_VERSION', 78, /^Kafka does not accept it: joining: UNSUPPORTED_VERSION$/],
  [
    'GROUP_AUTHORIZATION_FAILED',
    77,
    /^Kafka does not allow it: joining: GROUP_AUTHORIZATION_FAILED \(it takes the ACL Read on the group shop\)$/,
  ],
  ['FENCED_INSTANCE_ID', 76, /^another process has joined the group shop as shop-0$/],
  ['INCONSISTENT_GROUP_PROTOCOL', 78, /^the members of the group shop use none of the strategies range$/],
])('%s ends a membership with %i, in words that name what was set', (code, exitCode, words) => {
  const error = fatal(new KafkaError('joining', codeOf(code)), settings)
  expect(error.exitCode).toBe(exitCode)
  expect(error.message).toMatch(words)
})
