import { Consumer } from 'racecar'
import { Gateway } from '../gateway.js'

export class PaymentConsumer extends Consumer {
  static {
    this.subscribesTo('payments')
    this.configure({ pauseTimeout: 5, pauseWithExponentialBackoff: true, maxPauseTimeout: 60, maxPollInterval: 120 })
  }

  // A test puts another one in its place.
  gateway = new Gateway()

  async process(message, { signal }) {
    const payment = message.json()
    // A payment that is handled again, after a crash for instance, is the same charge: the id says so.
    const { isAccepted, reason } = await this.gateway.charge(payment, { signal })
    if (isAccepted) this.tell('receipts', payment)
    else this.tell('declined-payments', { ...payment, reason })
  }

  tell(topic, payment) {
    this.produce(JSON.stringify(payment), { topic, key: payment.id })
  }
}
