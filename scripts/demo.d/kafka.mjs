// The Kafka of the demo: the embedded one, which is there in an instant, or a real one.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const program = new URL('../../packages/embedded/dist/kafka.wasm.br', import.meta.url)

/** Resolves to its address, and what ends it. */
export async function openKafka({ real, say }) {
  if (real || !existsSync(program)) {
    say('Starting a Kafka broker (the first time its parts are fetched, once)')
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
    // Left running: whoever tries the demo tries it again, or the tests.
    return { brokers: execFileSync('scripts/broker', ['start'], options).trim(), stop: async () => {} }
  }
  say('Starting an embedded Kafka (scripts/demo --kafka takes a real one)')
  const { startKafka } = await import('racecar-embedded')
  const kafka = await startKafka()
  return { brokers: kafka.brokers[0], stop: () => kafka.stop() }
}
