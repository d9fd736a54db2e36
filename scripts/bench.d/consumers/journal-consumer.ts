import cluster from 'node:cluster'
import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { Consumer, type Message } from 'racecar'

const { BENCH_TOPIC = '', BENCH_JOURNAL = '/dev/null', BENCH_LATE } = process.env

export class JournalConsumer extends Consumer {
  static {
    this.subscribesTo(BENCH_TOPIC)
  }

  private readonly journal = openSync(BENCH_JOURNAL, 'a')

  // The worker that comes late joins when it is told to: what a group goes through when a worker is added.
  async initialize() {
    if (BENCH_LATE !== undefined && String(cluster.worker?.id) === BENCH_LATE) await once(process, 'SIGUSR2')
  }

  process({ partition, offset }: Message) {
    const at = Number(process.hrtime.bigint() / 1000n) / 1000
    writeSync(this.journal, `${process.pid} ${partition} ${at} ${offset}\n`)
  }
}
