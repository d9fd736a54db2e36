// What is refused of retry topics before anything runs.

import { expect, test } from 'vitest'
import { Topics } from '../../src/runner/topics.ts'
import { consumerWith, defaults, describe, TOPIC } from './rig.ts'

const description = describe('process')
const [subscription] = description.subscriptions
const parts = {
  consumer: consumerWith({ process() {} }),
  description,
  config: { ...defaults, retryTopics: [5], retryThen: 'skip' as const },
  groupId: 'shop',
}

test('they are what the class and its topics say', () => {
  const names = (changes: Partial<typeof parts>) =>
    [...new Topics({ ...parts, ...changes }).retryTopics].map(one => one.name)
  expect(names({})).toEqual([`${TOPIC}.retry-5s.shop`])
  const saying = (retryTopics: number[]) => ({
    description: { ...description, subscriptions: [{ ...subscription!, retryTopics }] },
  })
  expect(names(saying([1, 60]))).toEqual([`${TOPIC}.retry-1s.shop`, `${TOPIC}.retry-60s.shop`])
  expect(names(saying([]))).toEqual([])
})

test('no stop after the last of them, unless the topic says otherwise', () => {
  const stopping = { ...parts, config: { ...parts.config, retryThen: 'stop' as const } }
  const refused = { code: 'CONFIG', message: expect.stringMatching(/^retry_topics of orders needs retry_then skip or/) }
  expect(() => new Topics(stopping)).toThrow(expect.objectContaining(refused))
  expect(() => new Topics({ ...stopping, retries: () => ({ andThen: 'skip' }) })).not.toThrow()
  expect(() => new Topics({ ...parts, retries: () => ({ andThen: 'stop' }) })).toThrow('retry_topics of orders')
})

test('no name that Kafka does not take, and none that the class consumes itself', () => {
  expect(() => new Topics({ ...parts, groupId: 'a/b' })).toThrow(
    `${TOPIC}.retry-5s.a/b, a name that Kafka does not take`,
  )
  const twice = [subscription!, { ...subscription!, topic: `${TOPIC}.retry-5s.shop` }]
  expect(() => new Topics({ ...parts, description: { ...description, subscriptions: twice } })).toThrow(
    `${TOPIC}.retry-5s.shop belongs to retry_topics`,
  )
})

test('retries in place are none where there are retry topics and nobody says otherwise', () => {
  const times = (config: object) => new Topics({ ...parts, config: { ...parts.config, ...config } }).policy(TOPIC).times
  expect([times({}), times({ retryTimes: 2 }), times({ retryTopics: [] })]).toEqual([0, 2, Number.POSITIVE_INFINITY])
})
