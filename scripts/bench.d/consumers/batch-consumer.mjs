import { Consumer } from 'racecar'
import { Meter } from '../meter.mjs'

export class BatchConsumer extends Consumer {
  static {
    this.subscribesTo(process.env.BENCH_TOPIC)
  }

  meter = new Meter()

  processBatch(messages) {
    this.meter.count(messages.length)
  }
}
