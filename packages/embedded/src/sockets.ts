// The broker's ports and connections, known to its program by numbers. Bytes that have come wait here until the program reads them;
// a connection whose bytes nobody reads is paused.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** What the program is told. */
export interface Program {
  accept(id: number, port: number, remotePort: number): void
  readable(id: number): void
  drained(id: number): void
}

interface Connection {
  readonly socket: Socket
  readonly chunks: Buffer[]
  waiting: number
  /** Nothing more will come. */
  over: boolean
}

const PLENTY = 1_048_576

export class Sockets {
  readonly #connections = new Map<number, Connection>()
  readonly #servers = new Map<number, Server>()
  readonly #program: () => Program | undefined
  #last = 0

  /** Connections that come while there is no program are closed; a client tries again. */
  constructor(program: () => Program | undefined) {
    this.#program = program
  }

  /** Listens on the loopback address, on this port or, if it is 0, on any that is free; resolves to the port. */
  async listen(port: number): Promise<number> {
    if (this.#servers.has(port)) return port
    const server = createServer({ noDelay: true }, socket => this.#accept(socket))
    server.listen({ host: '127.0.0.1', port, exclusive: true })
    await once(server, 'listening')
    const bound = (server.address() as { port: number }).port
    this.#servers.set(bound, server)
    return bound
  }

  /** Takes no new connections there, and ends those that are. */
  unlisten(port: number): void {
    this.#servers.get(port)?.close()
    this.#servers.delete(port)
    for (const { socket } of this.#connections.values()) if (socket.localPort === port) socket.destroy()
  }

  /** Ends all connections; the ports stay. */
  cut(): void {
    for (const { socket } of this.#connections.values()) socket.destroy()
    this.#connections.clear()
  }

  /** Into `to`; how many bytes, 0 if none are there yet, -1 if none will come any more. */
  read(id: number, to: Uint8Array): number {
    const connection = this.#connections.get(id)
    if (!connection) return -1
    const [chunk] = connection.chunks
    if (!chunk) return connection.over ? -1 : 0
    const length = Math.min(chunk.length, to.length)
    to.set(chunk.subarray(0, length))
    if (length < chunk.length) connection.chunks[0] = chunk.subarray(length)
    else connection.chunks.shift()
    connection.waiting -= length
    if (connection.waiting < PLENTY && connection.socket.isPaused()) connection.socket.resume()
    return length
  }

  /** 1: taken; 0: taken, and more should wait for `drained`; -1: there is no connection any more. */
  write(id: number, bytes: Uint8Array): number {
    const connection = this.#connections.get(id)
    if (!connection || connection.socket.destroyed) return -1
    // The program uses its memory again before the socket has sent it.
    return connection.socket.write(Buffer.from(bytes)) ? 1 : 0
  }

  close(id: number): void {
    this.#connections.get(id)?.socket.destroySoon()
    this.#connections.delete(id)
  }

  #accept(socket: Socket): void {
    const program = this.#program()
    const { localPort, remotePort } = socket
    // A client that has reset its connection already has no port.
    if (!program || localPort === undefined || remotePort === undefined) {
      socket.on('error', () => {}).destroy()
      return
    }
    const id = ++this.#last
    const connection: Connection = { socket, chunks: [], waiting: 0, over: false }
    this.#connections.set(id, connection)
    socket.on('data', chunk => {
      connection.chunks.push(chunk)
      connection.waiting += chunk.length
      if (connection.waiting >= PLENTY) socket.pause()
      this.#program()?.readable(id)
    })
    socket.on('drain', () => this.#program()?.drained(id))
    // What went wrong with a client's connection is the client's to say.
    socket.on('error', () => {})
    socket.on('close', () => {
      connection.over = true
      this.#program()?.readable(id)
      this.#program()?.drained(id)
    })
    socket.on('end', () => {
      connection.over = true
      this.#program()?.readable(id)
    })
    program.accept(id, localPort, remotePort)
  }
}
