/** Stands in for the gateway: answers what a test wants, and remembers what it was asked. */
export class FakeGateway {
  asked = []
  answer = async () => ({ isAccepted: true })

  charge(payment, context) {
    this.asked.push(payment.id)
    return this.answer(payment, context)
  }
}

/** Answers never, but heeds the signal, as fetch does. */
export const hang = (_, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
