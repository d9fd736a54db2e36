// One start or stop at a time, on this machine. The lock is a loopback port that is listened on: the kernel gives it back
// when its holder dies, however it dies, so there is nothing stale to clean up.
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BrokerError, host } from './places.mjs'

const listen = port =>
  new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })

const close = server => new Promise(resolve => server.close(resolve))

/** Whether nobody listens at the port, or stops doing so within `patience` milliseconds. */
export async function isFree(port, patience = 0) {
  const end = performance.now() + patience
  for (;;) {
    try {
      await close(await listen(port))
      return true
    } catch {
      if (performance.now() >= end) return false
    }
    await delay(50)
  }
}

async function take(port, limit) {
  const end = performance.now() + limit
  for (;;) {
    try {
      return await listen(port)
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error
      if (performance.now() > end)
        throw new BrokerError(
          `Another start or stop holds port ${port} for ${limit / 1000} s: look for it, or set KAFKA_TEST_PORT.`,
        )
    }
    await delay(100)
  }
}

export async function withLock(port, work, limit = 300_000) {
  const server = await take(port, limit)
  try {
    return await work()
  } finally {
    await close(server)
  }
}
