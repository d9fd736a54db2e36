// racecarctl produce: one message, or each line of standard input, to a topic. It stands beside any racecar, with the options of
// one that would be started here. Imported on demand: it brings the Kafka client.

import { clusterOf } from '../../config/cluster.ts'
import type { Config } from '../../config/options.ts'
import { isIdempotent } from '../../config/raw/entries.ts'
import type { ProduceTo, ProduceValue } from '../../consumer/outlet.ts'
import type { PartitionOffset } from '../../engine/engine.ts'
import { openSender, type Sender } from '../../engine/kafkajs/sender.ts'
import { EXIT } from '../../errors.ts'
import { errorData } from '../../events/error-data.ts'
import { told } from '../../events/error-words.ts'
import { asSentence } from '../../lib/sentence.ts'
import { type DeliveryFailure, Outbox } from '../../producer/outbox.ts'
import type { Ground } from './ground.ts'
import { atKafka, type KafkaOptions, REACH_MS } from './kafka.ts'
import { linesOf, Unreadable } from './lines.ts'
import { seconds } from './words.ts'

export interface ProduceOptions extends KafkaOptions {
  readonly topic: string
  readonly value?: string | undefined
  readonly null?: boolean | undefined
  readonly key?: string | undefined
  readonly partition?: number | undefined
  readonly header?: Readonly<Record<string, string>> | undefined
}

/** How often it is said that something is still not stored. */
const REMINDER_MS = 10_000

export const produce = (options: ProduceOptions, ground: Ground): Promise<number> =>
  atKafka(options, ground, config => new Dispatch(config, options, ground).run())

class Dispatch {
  readonly #config: Config
  readonly #options: ProduceOptions
  readonly #ground: Ground
  readonly #isOne: boolean
  #place: PartitionOffset | undefined
  #failed = 0
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(config: Config, options: ProduceOptions, ground: Ground) {
    this.#config = config
    this.#options = options
    this.#ground = ground
    this.#isOne = options.value !== undefined || options.null === true
  }

  async run(): Promise<number> {
    const { topic } = this.#options
    const { partitioner, producer, producerCompressionCodec: compression, socketTimeout } = this.#config
    const sender = await openSender({
      topic,
      ...clusterOf(this.#config),
      partitioner,
      idempotent: isIdempotent(producer),
      compression,
      socketTimeout: socketTimeout * 1000,
      withinMs: REACH_MS,
      clock: this.#ground.clock,
      onStored: at => {
        this.#place = at
      },
    })
    try {
      if (!this.#hasPartition(sender)) return EXIT.failure
      const outbox = this.#outbox(sender)
      const isRead = await this.#fill(outbox)
      await outbox.settled(outbox.queued)
      this.#report(outbox.queued, isRead)
      return this.#failed === 0 && isRead ? EXIT.clean : EXIT.failure
    } finally {
      sender.close()
    }
  }

  /** One that is missing would be waited for. */
  #hasPartition({ partitions }: Sender): boolean {
    const { topic, partition } = this.#options
    if (partition === undefined || partitions.includes(partition)) return true
    const last = Math.max(...partitions)
    this.#complain(`the topic ${topic} has no partition ${partition}, only 0${last > 0 ? ` to ${last}` : ''}`)
    return false
  }

  #outbox(sender: Sender): Outbox {
    return new Outbox({
      clock: this.#ground.clock,
      messageTimeout: this.#config.messageTimeout * 1000,
      produce: async records => {
        const answers = await sender.produce(records)
        const error = answers.find(answer => answer?.retriable)
        if (error) this.#remind(error)
        return answers
      },
      abandon: records => sender.abandon(records),
      onDelivered: () => {},
      onFailed: failure => this.#notStored(failure),
    })
  }

  /** Whether everything was read. The first failure ends the reading: what follows would wait just as long. */
  async #fill(outbox: Outbox): Promise<boolean> {
    const { topic, key, partition, header } = this.#options
    const to: ProduceTo = { topic, key, partition, headers: header }
    try {
      for await (const value of this.#values()) {
        if (this.#failed > 0) return false
        outbox.produce(value, to)
        if (outbox.isCongested) await outbox.settled(outbox.queued)
      }
      return true
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      this.#complain(error.message)
      return false
    }
  }

  #values(): AsyncIterable<ProduceValue> | readonly ProduceValue[] {
    const { value = null } = this.#options
    if (this.#isOne) return [value]
    const input = this.#ground.input()
    if (input.isTTY) this.#ground.err.write('Each line becomes a message; Ctrl-D ends.\n')
    return linesOf(input)
  }

  #remind(error: Error): void {
    const now = this.#ground.clock.now()
    if (now - this.#saidAt < REMINDER_MS) return
    this.#saidAt = now
    const limit = seconds(this.#config.messageTimeout * 1000)
    this.#complain(`not stored yet, tried for up to ${limit} (message_timeout): ${error.message}`)
  }

  #notStored({ first, last, count, error }: DeliveryFailure): void {
    this.#failed += count
    const between = last - first + 1 > count ? `${count} of the lines` : 'lines'
    const which = first === last ? `line ${first}` : `${between} ${first} to ${last}`
    this.#complain(this.#isOne ? error.message : `${which}: ${told(errorData(error))}`)
  }

  #report(queued: number, isRead: boolean): void {
    const { out } = this.#ground
    const { topic } = this.#options
    if (!this.#isOne) out.write(`${topic}: ${counted(queued - this.#failed)} stored.\n`)
    else if (this.#place && this.#failed === 0)
      out.write(`${topic}/${this.#place.partition}: stored at offset ${this.#place.offset}.\n`)
    if (!isRead) this.#complain(`nothing after line ${queued} was sent`)
  }

  #complain(sentence: string): void {
    this.#ground.err.write(`racecarctl: ${asSentence(sentence)}\n`)
  }
}

const counted = (count: number): string => `${count} ${count === 1 ? 'message' : 'messages'}`
