// A consumer that a test writes in a line.

import { type ClassOptions, Consumer, type Context, type Message } from 'racecar'

type Process = (this: Consumer, message: Message, context: Context) => unknown

/** Subscribes to `orders`. */
export function consuming(process: Process, options: ClassOptions = {}) {
  class OrdersConsumer extends Consumer {
    static {
      this.subscribesTo('orders')
      this.configure(options)
    }

    process(message: Message, context: Context) {
      return process.call(this, message, context)
    }
  }
  return OrdersConsumer
}

/** Settles when the signal aborts, with its reason. */
export const untilAborted = ({ signal }: Context): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
