// The process that shareKafka starts: a Kafka for whoever connects and knows the token. Ends when nobody is connected for a while.

import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { lines } from './lines.ts'
import type { Reply, Request } from './protocol.ts'
import { lease } from './thread.ts'

/** From one test file to the next, and to the next run of somebody who mends a test. */
const LINGER_MS = 10_000
/** Of one client: its clusters have numbers of their own. */
const MOST_CLUSTERS = 1_000_000

const token = randomBytes(16).toString('hex')
const { call } = await lease()
const clients = new Set<Socket>()
const counter = { last: 0 }
let leaving = leave()

function leave(): NodeJS.Timeout {
  return setTimeout(() => process.exit(0), LINGER_MS)
}

const server = createServer(socket => {
  const first = ++counter.last * MOST_CLUSTERS
  const opened = new Set<number>()
  const { send, onMessage } = lines<Request & { readonly token?: string }>(socket)
  clearTimeout(leaving)
  clients.add(socket)
  let isKnown = false
  onMessage(message => {
    if (isKnown) void answer(message)
    else if (message.token === token) isKnown = true
    else socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clients.delete(socket)
    for (const cluster of opened) call('close', { cluster }).catch(() => {})
    if (clients.size === 0) leaving = leave()
  })

  async function answer({ id, name, params }: Request): Promise<void> {
    // Only what is about a cluster of this client; the number of a fault names one by itself.
    const cluster = first + Number((params as { cluster?: number }).cluster ?? 0)
    if (name === 'open') opened.add(cluster)
    if (name === 'close') opened.delete(cluster)
    const reply: Reply = await call<unknown>(name, { ...params, cluster }).then(
      result => ({ kind: 'answered', id, result: result ?? null }),
      error => ({ kind: 'failed', id, reason: error.message, code: error.code }),
    )
    send(reply)
  }
})

server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
  const { port } = server.address() as { port: number }
  process.send!({ port, token })
})
