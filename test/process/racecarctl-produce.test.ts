import { describe } from 'vitest'
import { brokers } from '../support/broker.ts'
import { testProduce } from '../support/produce-command.ts'

describe('racecarctl produce on Apache Kafka', () => testProduce(brokers))
