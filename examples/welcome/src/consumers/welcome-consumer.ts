import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Consumer, type Context, type MessageOf, topic } from 'racecar'

interface Greeting {
  name: string
}

const greetings = topic<Greeting>('greetings')

export class WelcomeConsumer extends Consumer {
  static {
    this.subscribesTo(greetings)
  }

  // Every guest gets a line, if there is a book.
  private readonly book = process.env.GUEST_BOOK ? openSync(process.env.GUEST_BOOK, 'a') : undefined

  async process(message: MessageOf<typeof greetings>, { signal }: Context) {
    const { partition, offset, data } = message
    if (typeof data.name !== 'string') throw new TypeError(`a greeting needs a name, and ${message.value} has none`)
    // Stands for the work: a letter to print, a row to write.
    await wait(2, undefined, { signal })
    this.write({ name: data.name, partition, offset })
    this.logger.debug(`Welcome, ${data.name}!`, { partition, offset })
  }

  teardown() {
    if (this.book !== undefined) closeSync(this.book)
  }

  private write(guest: { name: string; partition: number; offset: number }) {
    // The monotonic clock is the same for all processes of a machine.
    const at = Number(process.hrtime.bigint() / 1000n) / 1000
    if (this.book !== undefined) writeSync(this.book, `${JSON.stringify({ ...guest, pid: process.pid, at })}\n`)
  }
}
