import { Consumer } from 'racecar'
import { Meter } from '../meter.mjs'

export class ProcessConsumer extends Consumer {
  static {
    this.subscribesTo(process.env.BENCH_TOPIC)
  }

  meter = new Meter()

  process() {
    this.meter.count(1)
  }
}
