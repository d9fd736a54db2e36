import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FrameSplitter } from './kafka-frames.ts'
import { Api, KafkaProxy } from './proxy.ts'

/** A broker that says "no error" to every heartbeat, and remembers which it heard. */
class FakeBroker {
  readonly heard: number[] = []
  private readonly server: Server = createServer(socket => {
    const splitter = new FrameSplitter()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const request of splitter.push(chunk)) this.answer(socket, request.readInt32BE(8))
    })
  })

  async open(): Promise<number> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    this.server.close()
  }

  private answer(socket: Socket, correlationId: number): void {
    this.heard.push(correlationId)
    const response = Buffer.alloc(14)
    response.writeInt32BE(10, 0)
    response.writeInt32BE(correlationId, 4)
    socket.write(response)
  }
}

/** A client that beats, and waits for what comes back. */
class FakeClient {
  readonly answers: { correlationId: number; code: number }[] = []
  readonly socket: Socket
  readonly end: Promise<string>
  private next = 0
  private news: (() => void)[] = []

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' })
    this.end = new Promise(resolve => {
      this.socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      this.socket.once('end', () => resolve('end'))
    })
    const splitter = new FrameSplitter()
    this.socket.on('data', chunk => {
      for (const frame of splitter.push(chunk))
        this.answers.push({ correlationId: frame.readInt32BE(4), code: frame.readInt16BE(12) })
      for (const tell of this.news.splice(0)) tell()
    })
  }

  send(version = 3, padding = 0): number {
    const request = Buffer.alloc(16 + padding)
    request.writeInt32BE(12 + padding, 0)
    request.writeInt16BE(Api.Heartbeat, 4)
    request.writeInt16BE(version, 6)
    request.writeInt32BE(++this.next, 8)
    request.writeInt16BE(2, 12)
    request.write('me', 14)
    this.socket.write(request)
    return this.next
  }

  async answered(count: number): Promise<number[]> {
    while (this.answers.length < count) await new Promise<void>(resolve => this.news.push(resolve))
    return this.answers.map(({ code }) => code)
  }
}

describe('the proxy', () => {
  let broker: FakeBroker
  let proxy: KafkaProxy
  let target: number
  const clients: FakeClient[] = []

  beforeEach(async () => {
    broker = new FakeBroker()
    target = await broker.open()
    proxy = await KafkaProxy.open({ target })
  })

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy()
    broker.close()
    await proxy.close()
  })

  const dial = (port = proxy.port): FakeClient => {
    const client = new FakeClient(port)
    clients.push(client)
    return client
  }

  it('passes requests and answers on, and counts them', async () => {
    const client = dial()
    const passed = proxy.next(Api.Heartbeat, 2)
    client.send()
    client.send()
    expect(await client.answered(2)).toEqual([0, 0])
    await passed
    expect(broker.heard).toEqual([1, 2])
    expect([proxy.count(Api.Heartbeat), proxy.count(Api.Fetch), proxy.connections]).toEqual([2, 0, 1])
  })

  it('delays each direction', async () => {
    proxy.delay(60)
    const start = performance.now()
    const client = dial()
    client.send()
    await client.answered(1)
    expect(performance.now() - start).toBeGreaterThanOrEqual(115)
  })

  it('lets bytes through no faster than it is told', async () => {
    proxy.rate(100_000)
    const start = performance.now()
    const client = dial()
    client.send(3, 20_000)
    await client.answered(1)
    expect(performance.now() - start).toBeGreaterThanOrEqual(190)
  })

  it('cuts with a reset', async () => {
    const client = dial()
    client.send()
    await client.answered(1)
    proxy.cut()
    expect(await client.end).toBe('ECONNRESET')
    expect(proxy.connections).toBe(0)
    dial().send()
    await clients[1]!.answered(1)
  })

  it('cuts in good order', async () => {
    const client = dial()
    client.send()
    await client.answered(1)
    proxy.cut('fin')
    expect(await client.end).toBe('end')
  })

  it('refuses newcomers only, until it is healed', async () => {
    const client = dial()
    client.send()
    await client.answered(1)
    proxy.refuse()
    expect(await dial().end).toBe('ECONNREFUSED')
    client.send()
    await client.answered(2)
    await proxy.heal()
    const late = dial()
    late.send()
    expect(await late.answered(1)).toEqual([0])
  })

  it('is a black hole to old and new connections, and lets go what it held when it is healed', async () => {
    const [old, direct] = [dial(), dial(target)]
    old.send()
    await old.answered(1)
    proxy.blackHole()
    const fresh = dial()
    await once(fresh.socket, 'connect')
    old.send()
    fresh.send()
    // Ten round trips past the proxy: the held requests had every chance.
    for (let n = 1; n <= 10; n++) {
      direct.send()
      await direct.answered(n)
    }
    expect(broker.heard).toHaveLength(11)
    expect(proxy.count(Api.Heartbeat)).toBe(1)
    await proxy.heal()
    await Promise.all([old.answered(2), fresh.answered(1)])
  })

  it('strands the connections that stand, and lets new ones pass', async () => {
    const old = dial()
    old.send()
    await old.answered(1)
    proxy.strand()
    const fresh = dial()
    old.send()
    for (let n = 1; n <= 10; n++) {
      fresh.send()
      await fresh.answered(n)
    }
    await proxy.heal()
    fresh.send()
    await fresh.answered(11)
    expect(old.answers).toHaveLength(1)
    expect(broker.heard).toHaveLength(12)
  })

  it('shows each request to a hook that can hold it', async () => {
    let release = (): void => {}
    const seen: unknown[] = []
    const held = new Promise<void>(resolve => {
      proxy.onRequest = async head => {
        seen.push([head.apiKey, head.apiVersion, head.clientId])
        resolve()
        await new Promise<void>(go => {
          release = go
        })
        return undefined
      }
    })
    const client = dial()
    client.send()
    await held
    expect(seen).toEqual([[Api.Heartbeat, 3, 'me']])
    expect(broker.heard).toEqual([])
    proxy.onRequest = undefined
    release()
    await client.answered(1)
  })

  it('loses a request on the way there', async () => {
    proxy.onRequest = ({ correlationId }) => (correlationId === 1 ? 'drop' : undefined)
    const client = dial()
    client.send()
    client.send()
    await client.answered(1)
    expect(client.answers).toEqual([{ correlationId: 2, code: 0 }])
    expect(broker.heard).toEqual([2])
  })

  it('loses an answer on the way back', async () => {
    proxy.onResponse = ({ correlationId }) => (correlationId === 1 ? 'drop' : undefined)
    const client = dial()
    client.send()
    client.send()
    await client.answered(1)
    expect(client.answers).toEqual([{ correlationId: 2, code: 0 }])
    expect(broker.heard).toEqual([1, 2])
  })

  it('cuts the connection over one request', async () => {
    proxy.onRequest = () => 'cut'
    const client = dial()
    client.send()
    expect(await client.end).toBe('ECONNRESET')
    expect(broker.heard).toEqual([])
  })

  it('puts an error into so many answers and no more', async () => {
    proxy.rewriteError(Api.Heartbeat, 2, 27)
    proxy.rewriteError(Api.Heartbeat, 1, 25)
    const client = dial()
    for (let n = 0; n < 4; n++) client.send()
    expect(await client.answered(4)).toEqual([27, 27, 25, 0])
  })

  it('resets its client when the broker is not there', async () => {
    broker.close()
    expect(await dial().end).toBe('ECONNRESET')
  })

  it('lets no test pass whose error it could not inject', async () => {
    const unspent = await KafkaProxy.open({ target })
    unspent.rewriteError(Api.Fetch, 1, 6)
    await expect(unspent.close()).rejects.toThrow('never came')

    const unknown = await KafkaProxy.open({ target })
    unknown.rewriteError(Api.Heartbeat, 1, 6)
    const client = dial(unknown.port)
    client.send(9)
    expect(await client.end).toBe('ECONNRESET')
    await expect(unknown.close()).rejects.toThrow('version 9')
  })
})
