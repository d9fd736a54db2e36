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

  async process(message: MessageOf<typeof greetings>, { signal }: Context) {
    const { name } = message.data
    if (typeof name !== 'string') throw new TypeError(`a greeting needs a name, and ${message.value} has none`)
    // Stands for the work: a letter to print, a row to write.
    await wait(5, undefined, { signal })
    this.logger.debug(`Welcome, ${name}!`, { partition: message.partition, offset: message.offset })
  }
}
