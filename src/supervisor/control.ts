// The control socket of a primary: racecarctl asks, one line of JSON a question, and is answered, one line of JSON an answer.
// Whatever a client sends, or however it goes away, costs it its own connection and nobody anything else. What the questions
// mean stands in the table of commands.

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { listens } from '../lib/listens.ts'
import { reasonOf } from '../lib/reason.ts'
import { type Answer, type Controlled, commands, isCommand } from './commands.ts'
import { type Identity, openRunFolder, type Place, placeOf, sweep, writeNote } from './run-folder.ts'

export interface ControlParts {
  readonly identity: Identity
  readonly controlled: Controlled
  /** Folders for the socket; the first one that can be used is. */
  readonly folders: readonly string[]
  /** Milliseconds after which a connection on which nothing happens is closed. */
  readonly idleMs?: number
}

/** Far more than any question has, in characters. */
const LONGEST_QUESTION = 4096
const MOST_CONNECTIONS = 32
const IDLE_MS = 10_000

export class Control {
  readonly #place: Place
  readonly #server: Server
  readonly #connections = new Set<Socket>()

  private constructor(place: Place, { controlled, idleMs = IDLE_MS }: ControlParts) {
    this.#place = place
    // A client that has said everything may close its half before it is answered.
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#welcome(socket, controlled, idleMs))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** Throws when there is no folder for it, or the socket cannot be opened. */
  static async open(parts: ControlParts): Promise<Control> {
    const folder = await openRunFolder(parts.folders)
    const place = placeOf(folder, parts.identity)
    if (await listens(place.socket)) throw new Error(`another process listens at ${place.socket}`)
    const control = new Control(place, parts)
    process.on('exit', control.#removeNow)
    try {
      await rm(place.socket, { force: true })
      // Before it listens: a socket without a note would pass for what the dead have left.
      await writeNote(place, parts.identity)
      await control.#listen()
    } catch (error) {
      await control.close()
      throw error
    }
    await sweep(folder).catch(() => {})
    return control
  }

  get path(): string {
    return this.#place.socket
  }

  /** What was answered by now still arrives. */
  async close(): Promise<void> {
    process.off('exit', this.#removeNow)
    this.#server.close()
    for (const socket of this.#connections) socket.destroySoon()
    await Promise.all([this.#place.socket, this.#place.note].map(file => rm(file, { force: true }).catch(() => {})))
  }

  async #listen(): Promise<void> {
    const { socket: path } = this.#place
    // `exclusive`: whatever process this is, the socket is its own.
    this.#server.listen({ path, exclusive: true })
    await once(this.#server, 'listening')
    // What accepting may fail of (no open file left, say) passes.
    this.#server.on('error', () => {})
    await chmod(path, 0o600)
  }

  #welcome(socket: Socket, controlled: Controlled, idleMs: number): void {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    socket.on('error', () => {})
    socket.setTimeout(idleMs, () => socket.destroy(new Error('nothing happened for too long')))
    void converse(socket, controlled).catch(() => socket.destroy())
  }

  /** For an end that nobody had time for. */
  readonly #removeNow = (): void => {
    for (const file of [this.#place.socket, this.#place.note]) {
      try {
        rmSync(file, { force: true })
      } catch {
        // The next start of a racecar removes it.
      }
    }
  }
}

/** One question after the other. Rejects with whatever is no question. */
async function converse(socket: Socket, controlled: Controlled): Promise<void> {
  for await (const line of questionsOf(socket)) {
    const answer = await answerTo(line, controlled)
    if (!socket.write(`${JSON.stringify(answer)}\n`)) await once(socket, 'drain')
  }
  socket.end()
}

async function* questionsOf(socket: Socket): AsyncGenerator<string> {
  socket.setEncoding('utf8')
  let rest = ''
  // Destroyed by its end, it would lose what has not been written yet.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.at(-1) ?? ''
    if (lines.some(line => line.length > LONGEST_QUESTION)) throw new Error('too long for a question')
    yield* lines.slice(0, -1)
  }
  if (rest !== '') yield rest
}

async function answerTo(line: string, controlled: Controlled): Promise<Answer> {
  const { command, ...question } = JSON.parse(line) as Readonly<Record<string, unknown>>
  if (!isCommand(command)) {
    return { ok: false, error: `there is no command ${String(command)} here, only ${Object.keys(commands).join(', ')}` }
  }
  try {
    return { ok: true, data: await commands[command](controlled, question) }
  } catch (error) {
    return { ok: false, error: reasonOf(error) }
  }
}
