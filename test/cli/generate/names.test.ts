import { describe, expect, it } from 'vitest'
import { consumerName } from '../../../src/cli/generate/names.ts'

describe('the name of a consumer', () => {
  it.each([
    'TapDance',
    'TapDanceConsumer',
    'tapDance',
    'tap_dance',
    'tap-dance',
    'tap_dance_consumer',
    'tap-dance-consumer',
  ])('is the same as %s', given => {
    expect(consumerName(given)).toEqual({
      className: 'TapDanceConsumer',
      file: 'tap-dance-consumer',
      topic: 'tap-dance',
    })
  })

  it.each([
    ['HTTPLog', 'HTTPLogConsumer', 'http-log-consumer'],
    ['mail2', 'Mail2Consumer', 'mail2-consumer'],
    ['ConsumerGroups', 'ConsumerGroupsConsumer', 'consumer-groups-consumer'],
    ['a_b', 'ABConsumer', 'ab-consumer'],
  ])('%s becomes %s in %s', (given, className, file) => {
    expect(consumerName(given)).toMatchObject({ className, file })
  })

  it.each([
    '',
    'Consumer',
    '_consumer',
    '2nd',
    'tap dance',
    'tap.dance',
    'admin/TapDance',
    '../TapDance',
    'tap__dance',
    'Tänzer',
    '-x',
  ])('is not %j', given => {
    expect(consumerName(given)).toBeUndefined()
  })
})
