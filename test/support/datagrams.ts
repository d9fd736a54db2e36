// A Unix datagram socket, such as systemd and Agents listen at, and what came in. By the package unix-dgram, which is compiled for the
// Node that has installed it.

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface DatagramSocket {
  bind(path: string): void
  on(event: 'message', listener: (packet: Buffer) => void): void
  close(): void
}

export class Datagrams implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'datagrams-'))
  readonly path = join(this.#folder, 'socket')
  readonly all: string[] = []
  readonly #socket: DatagramSocket

  constructor() {
    const require = createRequire(import.meta.url)
    const { createSocket } = require('unix-dgram') as { createSocket(type: 'unix_dgram'): DatagramSocket }
    this.#socket = createSocket('unix_dgram')
    this.#socket.on('message', packet => this.all.push(String(packet)))
    this.#socket.bind(this.path)
  }

  [Symbol.dispose](): void {
    this.#socket.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
