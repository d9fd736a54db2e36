import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { actionFor, actionOf, codeOf, KafkaError, nameOf } from '../../../src/engine/kafkajs/codes.ts'

const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  errorCodes: { code: number; type: string; retriable: boolean }[]
}
const LAST_OF_KAFKA_4_3 = 120

describe('the table of error codes', () => {
  test('decides every code that Kafka 4.3 knows', () => {
    const codes = Array.from({ length: LAST_OF_KAFKA_4_3 + 2 }, (_, i) => i - 1)
    for (const code of codes) expect(nameOf(code), `code ${code}`).not.toMatch(/^error code/)
    expect(new Set(codes.map(nameOf)).size).toBe(codes.length)
  })

  test('calls the codes of membership what kafkajs calls them', () => {
    for (const name of [
      'UNKNOWN_MEMBER_ID',
      'ILLEGAL_GENERATION',
      'REBALANCE_IN_PROGRESS',
      'FENCED_INSTANCE_ID',
      'MEMBER_ID_REQUIRED',
    ]) {
      expect(errorCodes.find(({ type }) => type === name)?.code).toBe(codeOf(name))
    }
  })

  test('never gives up for good because of a code that kafkajs calls retriable', () => {
    const waits = ['ok', 'retry', 'refresh', 'coordinator', 'rejoin', 'data', 'evicted', 'generation', 'member-id']
    for (const { code, retriable } of errorCodes) if (retriable) expect(waits, nameOf(code)).toContain(actionOf(code))
  })

  test('a code that is younger than the table is waited out', () => {
    expect(actionOf(9_999)).toBe('retry')
    expect(nameOf(9_999)).toBe('error code 9999')
  })

  test('a broken connection makes us look for the coordinator again', () => {
    expect(actionFor(new Error('read ECONNRESET'))).toBe('coordinator')
    expect(actionFor(new KafkaError('joining', codeOf('FENCED_INSTANCE_ID')))).toBe('fenced')
  })
})
