/** Charges once for each id, however often it is asked. */
export class Gateway {
  #url = process.env.GATEWAY_URL

  /** `{ isAccepted, reason }`; throws when the gateway does not answer. */
  async charge({ id, amount }, { signal }) {
    const body = JSON.stringify({ id, amount })
    const answer = await fetch(`${this.#url}/charges/${id}`, { method: 'PUT', body, signal })
    if (!answer.ok) throw new Error(`the gateway answered with ${answer.status}`)
    return answer.json()
  }
}
