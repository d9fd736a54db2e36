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
const { call, onLog } = await lease()
const clients = new Set<Socket>()
const counter = { last: 0 }
let leaving = leave()

function leave(): NodeJS.Timeout {
  return setTimeout(() => process.exit(0), LINGER_MS)
}

const server = createServer(socket => {
  const first = ++counter.last * MOST_CLUSTERS
  const opened = new Map<number, Promise<unknown>>()
  const { send, onMessage } = lines<Request>(socket)
  clearTimeout(leaving)
  clients.add(socket)
  let offLog: (() => void) | undefined
  onMessage(message => {
    if (offLog) void answer(message)
    else if (knowsToken(message)) greet(message)
    else socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clients.delete(socket)
    offLog?.()
    for (const [cluster, opening] of opened) opening.then(() => call('close', { cluster })).catch(() => {})
    if (clients.size === 0) leaving = leave()
  })

  function greet({ id }: Request): void {
    offLog = onLog((level, line) => send({ kind: 'log', level, line }))
    send({ kind: 'answered', id, result: null } satisfies Reply)
  }

  async function answer({ id, name, params }: Request): Promise<void> {
    // Only what is about a cluster of this client; the number of a fault names one by itself.
    const cluster = first + Number((params as { cluster?: number }).cluster ?? 0)
    const result = call<unknown>(name, { ...params, cluster })
    if (name === 'open') opened.set(cluster, result)
    if (name === 'close') opened.delete(cluster)
    const reply: Reply = await result.then(
      answer => ({ kind: 'answered', id, result: answer ?? null }),
      error => ({ kind: 'failed', id, reason: error.message, code: error.code }),
    )
    send(reply)
  }
})

/** Anybody may connect and send anything. */
const knowsToken = (message: unknown): boolean =>
  (message as { params?: { token?: unknown } } | null)?.params?.token === token

server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
  const { port } = server.address() as { port: number }
  process.send!({ port, token })
})
