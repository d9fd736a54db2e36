// What a Datadog Agent would be sent: a listener on a loopback port, or a reader of packets, that tells metrics apart.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface Metric {
  readonly name: string
  readonly values: readonly number[]
  readonly type: string
  readonly tags: readonly string[]
}

export function parse(packet: string): Metric[] {
  return packet.split('\n').map(line => {
    const found = /^([^:|]+):([^|]+)\|([a-z]+)(?:\|#([^|]*))?(?:\|[a-z]+:.*)?$/.exec(line)
    if (!found) throw new Error(`no metric: ${line}`)
    const [, name, values, type, tags] = found
    return { name: name!, values: values!.split(':').map(Number), type: type!, tags: tags?.split(',') ?? [] }
  })
}

export class Agent implements AsyncDisposable {
  readonly metrics: Metric[] = []
  /** Bytes. */
  readonly packets: number[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', packet => {
      this.packets.push(packet.length)
      this.metrics.push(...parse(packet.toString()))
    })
  }

  static async open(): Promise<Agent> {
    const agent = new Agent(createSocket('udp4'))
    agent.#socket.bind(0, '127.0.0.1')
    await once(agent.#socket, 'listening')
    return agent
  }

  get port(): number {
    return this.#socket.address().port
  }

  of(name: string, ...tags: readonly string[]): Metric[] {
    return this.metrics.filter(metric => metric.name === name && tags.every(tag => metric.tags.includes(tag)))
  }

  /** Of a count. */
  sum(name: string, ...tags: readonly string[]): number {
    return this.of(name, ...tags).reduce((sum, { values }) => sum + values[0]!, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }
}
