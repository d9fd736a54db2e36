import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, describe } from 'vitest'
import { testProduce } from '../support/produce-command.ts'

describe('racecarctl produce on the embedded Kafka', () => {
  let kafka: Kafka | undefined
  afterAll(() => kafka?.stop())
  testProduce(async () => {
    kafka = await startKafka()
    return kafka.brokers[0]!
  })
})
