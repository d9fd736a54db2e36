// A TCP proxy that stands between clients and one broker and does to them what networks and brokers do: delays, narrow lines, cuts,
// refusals, black holes, lost requests, error codes, records of which a bit is another. Knows Kafka's frames through kafka-frames.ts, and nothing of any client.
// Clients stay on it if they came through the broker's second listener (`ports.proxied` behind, listening at `ports.proxy`),
// or with `advertise`, which rewrites the ports that the broker tells.
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type RequestHead, withErrors, withFlippedBits, withPorts } from './kafka-frames.ts'
import { Api, type ErrorSpot, errorSpots } from './kafka-layouts.ts'
import { ProxyLink, type Verdict } from './proxy-link.ts'
import { Weather } from './proxy-pipe.ts'

export { Api } from './kafka-layouts.ts'
export type { Verdict }

type Answer = Verdict | Promise<Verdict>

export interface ProxyOptions {
  /** The broker's port. */
  target: number
  /** Where to listen; any free port if it is left out. */
  port?: number
  /** Broker's port to proxy's port: rewritten in what the broker tells of its cluster. */
  advertise?: ReadonlyMap<number, number>
}

interface Where {
  topic?: string
  partition?: number
  /** Only what is asked from now on. */
  isLater?: boolean
}

interface Change {
  apiKey: number
  left: number
  where: Where
  /** How many requests had passed when it was ordered. */
  since: number
  /** For the complaint when it never came to pass. */
  what: string
  /** Undefined where nothing in the response can be changed so. */
  make: (frame: Buffer, spots: ErrorSpot[]) => Buffer | undefined
}

interface Expectation {
  apiKey: number
  left: number
  resolve: () => void
}

export class KafkaProxy implements AsyncDisposable {
  /** Sees every request before it goes on; until what it returns has settled, the request and all behind it wait. */
  onRequest: ((request: RequestHead) => Answer) | undefined
  /** The same for responses, named by their requests: `drop` is a request that was carried out and whose answer was lost. */
  onResponse: ((request: RequestHead, frame: Buffer) => Answer) | undefined
  /** Requests that passed, by API key. */
  readonly counts = new Map<number, number>()
  private readonly asked = new WeakMap<RequestHead, number>()
  private requests = 0
  private weather = new Weather()
  private readonly links = new Set<ProxyLink>()
  private readonly changes: Change[] = []
  private expected: Expectation[] = []
  private failure: Error | undefined
  private server: Server | undefined

  private constructor(private readonly options: ProxyOptions) {}

  /** Listens; waits its turn when another test's proxy holds the port. */
  static async open(options: ProxyOptions): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(options)
    await proxy.listen(options.port ?? 0, 60_000)
    return proxy
  }

  /** Before a broker at `host:port` on this machine, so that clients stay on it. */
  static async before(address: string): Promise<KafkaProxy> {
    const target = Number(address.slice(address.lastIndexOf(':') + 1))
    const advertise = new Map<number, number>()
    const proxy = await KafkaProxy.open({ target, advertise })
    advertise.set(target, proxy.port)
    return proxy
  }

  get port(): number {
    const address = this.server?.address()
    return typeof address === 'object' && address ? address.port : (this.options.port ?? 0)
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get connections(): number {
    return this.links.size
  }

  /** How many responses are still to be changed. */
  get owed(): number {
    return this.changes.reduce((sum, { left }) => sum + left, 0)
  }

  count(apiKey: number): number {
    return this.counts.get(apiKey) ?? 0
  }

  /** Resolves when `times` further requests of this API have passed. */
  next(apiKey: number, times = 1): Promise<void> {
    return new Promise(resolve => this.expected.push({ apiKey, left: times, resolve }))
  }

  delay(milliseconds: number): void {
    this.weather.delay = milliseconds
  }

  rate(bytesPerSecond: number): void {
    this.weather.rate = bytesPerSecond
  }

  /** Ends every connection, with a reset or in good order; new ones are welcome. */
  cut(how: 'rst' | 'fin' = 'rst'): void {
    for (const link of this.links) link.cut(how)
  }

  /** Takes no new connections; those that stand stay. */
  refuse(): void {
    const server = this.server
    if (!server?.listening) return
    this.options.port = this.port
    // It stops listening at once; its callback waits for connections that may stay for long.
    server.close()
  }

  /** Takes connections and bytes, and lets nothing through, not even their end. */
  blackHole(): void {
    this.weather.close()
  }

  /** A black hole for the connections that stand, for good and without a word; new ones pass. */
  strand(): void {
    this.weather.close()
    this.weather = new Weather()
  }

  /** All is well again; what a black hole held back goes on. */
  async heal(): Promise<void> {
    this.weather.delay = 0
    this.weather.rate = Number.POSITIVE_INFINITY
    this.weather.open()
    if (!this.server?.listening) await this.listen(this.port, 10_000)
  }

  /** Puts `code` into the next `count` responses of this API: into its one error, or into that of each partition that `where` names (all, if it names none). */
  rewriteError(apiKey: number, count: number, code: number, where: Where = {}): void {
    const make = (frame: Buffer, spots: ErrorSpot[]) => (spots.length > 0 ? withErrors(frame, spots, code) : undefined)
    this.changes.push({ apiKey, left: count, where, since: this.requests, what: `error ${code}`, make })
  }

  /** Flips a bit among the records of these partitions, in the next `count` Fetch responses that have any. */
  flipBit(count: number, where: Where = {}): void {
    const make = (frame: Buffer, spots: ErrorSpot[]) => withFlippedBits(frame, spots)
    this.changes.push({ apiKey: Api.Fetch, left: count, where, since: this.requests, what: 'a flipped bit', make })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Ends all. Rejects when a fault could not be injected, so that no test passes without it. */
  async close(): Promise<void> {
    this.weather.open()
    for (const link of this.links) link.cut('rst')
    await new Promise<void>(resolve => (this.server?.listening ? this.server.close(() => resolve()) : resolve()))
    if (this.failure) throw this.failure
    const left = this.changes.find(change => change.left > 0)
    if (left) throw new Error(`${left.left} responses of API ${left.apiKey} that were to carry ${left.what} never came`)
  }

  private async listen(port: number, patience: number): Promise<void> {
    const end = performance.now() + patience
    for (;;) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.accept(socket))
      const error = await new Promise<NodeJS.ErrnoException | undefined>(resolve => {
        server.once('error', resolve)
        server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(undefined))
      })
      if (!error) {
        this.server = server
        return
      }
      if (error.code !== 'EADDRINUSE' || performance.now() > end) throw error
      await wait(100)
    }
  }

  private accept(socket: Socket): void {
    const link = new ProxyLink({
      client: socket,
      target: this.options.target,
      weather: this.weather,
      onRequest: head => this.request(head),
      onResponse: (head, frame) => this.response(head, frame),
      onFailure: error => {
        this.failure ??= error
      },
      onClose: () => this.links.delete(link),
    })
    this.links.add(link)
  }

  private async request(head: RequestHead): Promise<Verdict> {
    const verdict = await this.onRequest?.(head)
    if (verdict) return verdict
    this.counts.set(head.apiKey, this.count(head.apiKey) + 1)
    this.asked.set(head, ++this.requests)
    for (const expectation of this.expected) {
      if (expectation.apiKey === head.apiKey && --expectation.left === 0) expectation.resolve()
    }
    this.expected = this.expected.filter(({ left }) => left > 0)
    return undefined
  }

  private async response(head: RequestHead, frame: Buffer): Promise<Verdict | Buffer> {
    const verdict = await this.onResponse?.(head, frame)
    if (verdict) return verdict
    const { advertise } = this.options
    const redirected = advertise ? withPorts(head.apiKey, head.apiVersion, frame, advertise) : frame
    return this.changed(head, redirected)
  }

  private changed(head: RequestHead, frame: Buffer): Buffer {
    const order = this.asked.get(head) ?? 0
    const isMeant = ({ apiKey, left, where, since }: Change) =>
      apiKey === head.apiKey && left > 0 && !(where.isLater && order <= since)
    const change = this.changes.find(isMeant)
    const spots = change && chosen(errorSpots(head.apiKey, head.apiVersion, frame), change.where)
    const changed = spots && change.make(frame, spots)
    if (!changed) return frame
    change.left -= 1
    return changed
  }
}

function chosen(spots: ErrorSpot[], { topic, partition }: Where): ErrorSpot[] {
  if (topic === undefined && partition === undefined) {
    const whole = spots.filter(spot => spot.topic === undefined)
    return whole.length > 0 ? whole : spots
  }
  return spots.filter(
    spot => (topic === undefined || spot.topic === topic) && (partition === undefined || spot.partition === partition),
  )
}
