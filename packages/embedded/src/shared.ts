// One Kafka process for all test files of a run, however many processes they are: the first that needs it starts it, and it ends by
// itself when nobody has needed it for a moment. Each caller's clusters are its own, and go with its connection.

import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lock } from 'proper-lockfile'
import { Calls, type Log } from './calls.ts'
import { type Kafka, type KafkaOptions, open } from './kafka.ts'
import { lines } from './lines.ts'
import type { Reply } from './protocol.ts'
import type { Lease } from './thread.ts'

/** Where it is, and what has to be said there first. */
export interface Place {
  readonly port: number
  readonly token: string
}

/** Milliseconds until what listens there must have answered. */
const PATIENCE_MS = 2_000

const home: { client: Promise<Client> | undefined } = { client: undefined }

/** As `startKafka`, in a process that others use too; it starts once in a run of tests, and each cluster in a few milliseconds. */
export async function shareKafka(options: Omit<KafkaOptions, 'directory'> = {}): Promise<Kafka> {
  home.client ??= Client.start()
  const client = await home.client.catch(error => {
    home.client = undefined
    throw error
  })
  return open(client, { ...options, directory: '', remove: () => {} })
}

class Client implements Lease {
  readonly #calls = new Calls()
  readonly #socket: Socket
  readonly #lines

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#lines = lines<Reply>(socket)
    this.#lines.onMessage(reply => this.#calls.take(reply))
    socket.on('error', () => {})
    socket.on('close', () => this.#calls.end(new Error('the shared Kafka has ended')))
  }

  static async start(): Promise<Client> {
    const folder = ownFolder()
    const release = await lock(folder, {
      lockfilePath: join(folder, '.lock'),
      retries: { retries: 300, minTimeout: 100, maxTimeout: 100 },
      stale: 20_000,
    })
    try {
      const file = join(folder, `${version()}.json`)
      const found = await Client.#reach(read(file))
      if (found) return found
      const place = await launch()
      writeFileSync(file, JSON.stringify(place), { mode: 0o600 })
      const made = await Client.#reach(place)
      if (!made) throw new Error('the shared Kafka was started and cannot be reached')
      return made
    } finally {
      await release()
    }
  }

  /** undefined: nobody is there, or somebody else, who got the port when ours had ended. */
  static async #reach(place: Place | undefined): Promise<Client | undefined> {
    if (!place) return undefined
    try {
      const socket = connect(place.port, '127.0.0.1')
      const client = new Client(socket)
      socket.setTimeout(PATIENCE_MS, () => socket.destroy())
      await client.call('greet', { token: place.token })
      socket.setTimeout(0)
      socket.on('close', () => {
        home.client = undefined
      })
      return client
    } catch {
      return undefined
    }
  }

  // The socket keeps no test run alive; an answer that is awaited does.
  readonly call = <T = void>(name: string, params: object): Promise<T> => {
    this.#socket.ref()
    const answer = this.#calls.make<T>(id => this.#lines.send({ id, name, params }))
    const settled = () => void (this.#calls.size === 0 && this.#socket.unref())
    answer.then(settled, settled)
    return answer
  }

  onLog(log: Log): () => void {
    return this.#calls.onLog(log)
  }

  async release(): Promise<void> {}
}

/** For this user alone: what is written there is believed. */
function ownFolder(): string {
  const { uid, username } = userInfo()
  const folder = join(tmpdir(), `racecar-embedded-shared-${uid >= 0 ? uid : username}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (uid >= 0 && (!stat.isDirectory() || stat.uid !== uid || stat.mode & 0o022))
    throw new Error(`${folder} is not this user's alone: remove it`)
  return folder
}

/** Another build is another Kafka. */
function version(): string {
  const { mtimeMs } = statSync(fileURLToPath(new URL('./kafka.wasm.br', import.meta.url)))
  return createHash('sha256')
    .update(`${import.meta.url} ${mtimeMs}`)
    .digest('hex')
    .slice(0, 16)
}

function read(file: string): Place | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Place
  } catch {
    return undefined
  }
}

/** Resolves when it listens. It outlives this process. */
async function launch(): Promise<Place> {
  const path = fileURLToPath(new URL('./shared-server.js', import.meta.url))
  // Node's options are the user's program's: loaders, inspectors.
  const env = { ...process.env, NODE_OPTIONS: '' }
  const server = fork(path, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [], env })
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`the shared Kafka ended with ${code} when it was started`)
  })
  const [place] = (await Promise.race([once(server, 'message'), ended])) as [Place]
  ended.catch(() => {})
  server.disconnect()
  server.unref()
  return place
}
