import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, describe } from 'vitest'
import { testDeadLetters } from '../support/dead-letter-command.ts'

describe('racecarctl dead-letter on the embedded Kafka', () => {
  let kafka: Kafka | undefined
  afterAll(() => kafka?.stop())
  testDeadLetters(async () => {
    kafka = await startKafka()
    return kafka.brokers[0]!
  })
})
