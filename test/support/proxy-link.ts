// One client's connection through the proxy: two sockets, and a pipe for each direction. Decides nothing: what becomes of a frame is asked of the proxy.
import { connect, type Socket } from 'node:net'
import { correlationIdOf, FrameSplitter, type RequestHead, requestHead } from './kafka-frames.ts'
import { Pipe, type Weather } from './proxy-pipe.ts'

/** `drop`: it never arrives, and nobody is told. `cut`: the connection ends over it. */
export type Verdict = undefined | 'drop' | 'cut'

interface Collaborators {
  client: Socket
  target: number
  weather: Weather
  onRequest: (head: RequestHead) => Promise<Verdict>
  onResponse: (head: RequestHead, frame: Buffer) => Promise<Verdict | Buffer>
  onFailure: (error: Error) => void
  onClose: () => void
}

export class ProxyLink {
  private readonly broker: Socket
  private readonly asked = new Map<number, RequestHead>()
  private readonly ended = new AbortController()

  constructor(private readonly with_: Collaborators) {
    this.broker = connect({ host: '127.0.0.1', port: with_.target, allowHalfOpen: true, noDelay: true })
    this.pipe(with_.client, this.broker, frame => this.ask(frame))
    this.pipe(this.broker, with_.client, frame => this.answer(frame))
  }

  cut(how: 'rst' | 'fin'): void {
    for (const socket of [this.with_.client, this.broker]) {
      if (how === 'rst') socket.resetAndDestroy()
      else socket.destroySoon()
    }
    this.close()
  }

  private pipe(from: Socket, to: Socket, pass: (frame: Buffer) => Promise<Buffer | undefined>): void {
    const pipe = new Pipe({ from, to, pass, weather: this.with_.weather, signal: this.ended.signal })
    const splitter = new FrameSplitter()
    from.on('data', chunk => pipe.push(...splitter.push(chunk)))
    from.on('end', () => pipe.push('end'))
    from.on('error', () => pipe.push('reset'))
    from.on('close', () => {
      if (to.destroyed) this.close()
    })
    pipe.done.catch((error: Error) => {
      if (!this.ended.signal.aborted) this.with_.onFailure(error)
      this.cut('rst')
    })
  }

  private async ask(frame: Buffer): Promise<Buffer | undefined> {
    const head = requestHead(frame)
    const verdict = await this.with_.onRequest(head)
    if (verdict === 'cut') this.cut('rst')
    if (verdict) return undefined
    this.asked.set(head.correlationId, head)
    return frame
  }

  private async answer(frame: Buffer): Promise<Buffer | undefined> {
    const head = this.asked.get(correlationIdOf(frame))
    if (!head) return frame
    this.asked.delete(head.correlationId)
    const verdict = await this.with_.onResponse(head, frame)
    if (verdict === 'cut') this.cut('rst')
    return typeof verdict === 'string' ? undefined : verdict
  }

  private close(): void {
    if (this.ended.signal.aborted) return
    this.ended.abort()
    this.with_.onClose()
  }
}
