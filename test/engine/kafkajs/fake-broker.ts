// A broker of a few lines on a real socket: it says which versions it speaks, and to all else what a test tells it to, or nothing.

import { createServer, type Server, type Socket } from 'node:net'
import { FrameSplitter, requestHead } from '../../support/kafka-frames.ts'
import { Api } from '../../support/proxy.ts'

const int16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

export const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

const SPOKEN = [Api.Fetch, Api.Metadata, Api.Heartbeat, Api.JoinGroup]

/** Version 2, for which kafkajs asks first; the newest that it knows of everything. */
const versions = (): Buffer =>
  Buffer.concat([
    int16(0),
    int32(SPOKEN.length),
    ...SPOKEN.flatMap(key => [int16(key), int16(0), int16(key === Api.Fetch ? 4 : 3)]),
    int32(0),
  ])

/** Version 3. */
export const heartbeat = ({ throttleMs = 0, errorCode = 0 } = {}): Buffer =>
  Buffer.concat([int32(throttleMs), int16(errorCode)])

export class FakeBroker implements AsyncDisposable {
  /** What is answered to each request: a body, or nothing. */
  answer: (apiKey: number) => Buffer | undefined = () => heartbeat()
  speaksVersions = true
  /** Of each connection so far. */
  readonly sockets: Socket[] = []
  readonly requests: number[] = []
  /** What came, whole: of each request its size, its head and its body. */
  readonly frames: Buffer[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', socket => this.#serve(socket))
  }

  static async open(): Promise<FakeBroker> {
    const server = createServer()
    const broker = new FakeBroker(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return broker
  }

  get address(): string {
    const address = this.#server.address()
    return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  get open(): number {
    return this.sockets.filter(socket => !socket.destroyed).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket)
    const splitter = new FrameSplitter()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const frame of splitter.push(chunk)) {
        const { apiKey, correlationId } = requestHead(frame)
        if (apiKey !== Api.ApiVersions) {
          this.requests.push(apiKey)
          this.frames.push(frame)
        }
        const body = apiKey !== Api.ApiVersions ? this.answer(apiKey) : this.speaksVersions ? versions() : undefined
        if (body) socket.write(Buffer.concat([int32(body.length + 4), int32(correlationId), body]))
      }
    })
  }
}
