// Whether this racecar lives, and whether it is at work, over HTTP: for who asks by address, as Kubernetes and load balancers do. It
// says what the liveness file says, and no more; what blocks the primary's event loop keeps it from answering, as it should.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { RacecarError } from '../errors.ts'
import { read, reasonOf } from '../lib/reason.ts'
import { beyondHelp } from '../supervisor/helpless.ts'
import type { Outline } from '../supervisor/status.ts'
import type { Desk } from './desk.ts'
import type { Progress } from './progress.ts'

export interface HealthParts {
  readonly port: number
  readonly host: string
  readonly desk: Pick<Desk, 'helpless' | 'outline'>
  readonly progress: Pick<Progress, 'isReady' | 'isEnding'>
}

interface Verdict {
  readonly ok: boolean
  /** In half a sentence, where it is not. */
  readonly why?: string
}

/** Who probes asks and goes; more at once want something else. */
const MOST_CONNECTIONS = 32
const PATIENCE_MS = 5000

export class Health {
  readonly #parts: HealthParts
  readonly #server: Server

  private constructor(parts: HealthParts) {
    this.#parts = parts
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.headersTimeout = PATIENCE_MS
    this.#server.requestTimeout = PATIENCE_MS
    this.#server.keepAliveTimeout = PATIENCE_MS
    // It keeps no process alive, and what goes wrong with one connection is nobody's trouble.
    this.#server.unref()
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** Throws CANNOT_CREATE. */
  static async open(parts: HealthParts): Promise<Health> {
    const health = new Health(parts)
    await health.#listen()
    return health
  }

  get address(): string {
    const address = this.#server.address()
    const port = typeof address === 'object' && address ? address.port : this.#parts.port
    const { host } = this.#parts
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #listen(): Promise<void> {
    const { port, host } = this.#parts
    return new Promise((resolve, reject) => {
      this.#server.once('error', error => reject(notListening(error, port, host)))
      // Of this process alone, whatever cluster it is the primary or a worker of.
      this.#server.listen({ port, host, exclusive: true }, () => {
        this.#server.on('error', () => {})
        resolve()
      })
    })
  }

  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const verdict = this.#verdictOn(url.split('?', 1)[0]!)
    const isAsked = method === 'GET' || method === 'HEAD'
    const status = !isAsked ? 405 : verdict === undefined ? 404 : verdict.ok ? 200 : 503
    const body = status === 200 || status === 503 ? { ...verdict, workers: this.#parts.desk.outline() } : undefined
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(body && method === 'GET' ? `${JSON.stringify(body satisfies Answer)}\n` : undefined)
  }

  #verdictOn(path: string): Verdict | undefined {
    switch (path) {
      case '/health':
        return this.#health()
      case '/ready':
        return this.#ready()
      default:
        return undefined
    }
  }

  #health(): Verdict {
    const why = beyondHelp(this.#parts.desk.helpless())
    return why === undefined ? { ok: true } : { ok: false, why }
  }

  #ready(): Verdict {
    const { progress, desk } = this.#parts
    if (progress.isEnding) return { ok: false, why: 'it stops' }
    if (!progress.isReady) {
      const { up, of } = desk.outline()
      return {
        ok: false,
        why: up < of || of === 0 ? 'workers are not up yet' : 'not all workers are members of their group yet',
      }
    }
    return this.#health()
  }
}

type Answer = Partial<Verdict> & { readonly workers: Outline }

function notListening(error: unknown, port: number, host: string): RacecarError {
  const isTaken = read(error, 'code') === 'EADDRINUSE'
  const why = isTaken ? 'another program listens there' : reasonOf(error)
  return new RacecarError('CANNOT_CREATE', `health_port ${port} of ${host} cannot be listened at: ${why}.`, {
    cause: error,
  })
}
