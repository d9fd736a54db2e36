// Scenarios that need no Kafka: a user's project in a folder of its own, racecars started in it on a broker that does not exist,
// and the check that nothing of them is left behind.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Exit, isAlive, leftToRun, type ProcessOptions, RacecarProcess } from './racecar-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Nobody listens there, so workers are up and join for ever. */
export const NOWHERE = '127.0.0.1:1'

export interface Code {
  /** Runs when the module is imported. */
  readonly module?: string
  /** Members of the class. */
  readonly members?: string
  /** Instead of a subscription and process(). */
  readonly body?: string
}

export class Project implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'racecar-project-'))
  readonly #racecars: RacecarProcess[] = []

  /** With a WelcomeConsumer of this code. */
  constructor({ module = '', members = '', body = SUBSCRIBED }: Code = {}) {
    this.write('package.json', '{ "type": "module" }')
    this.write(
      'consumers/welcome-consumer.js',
      `import { appendFileSync } from 'node:fs'
       import { Consumer } from 'racecar'
       const say = text => appendFileSync(process.env.SAID, text + '\\n')
       ${module}
       export class WelcomeConsumer extends Consumer { ${members} ${body} }`,
    )
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(root, join(this.folder, 'node_modules/racecar'))
    this.write('said', '')
  }

  get pidfile(): string {
    return join(this.folder, 'racecar.pid')
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
  }

  read(name: string): string {
    if (!existsSync(this.path(name))) return ''
    return readFileSync(this.path(name), 'utf8')
  }

  /** What the consumer has said by say(). */
  get said(): string[] {
    return this.read('said').split('\n').filter(Boolean)
  }

  start(...args: string[]): RacecarProcess {
    return this.startUnder([], ...args)
  }

  /** By a command that becomes it, such as prlimit: the process ids are its own. */
  startUnder(command: readonly string[], ...args: string[]): RacecarProcess {
    const racecar = new RacecarProcess(this.launch(command, ...args))
    this.#racecars.push(racecar)
    return racecar
  }

  /** What start() starts. */
  launch(under: readonly string[], ...args: string[]): ProcessOptions {
    const usual = { '--brokers': NOWHERE, '--pidfile': this.pidfile }
    const fixed = Object.entries(usual)
      .filter(([flag]) => !args.includes(flag))
      .flat()
    const env = { SAID: this.path('said') }
    return { cwd: this.folder, args: [...fixed, ...args, 'WelcomeConsumer'], env, under }
  }

  /** Resolves when it and everything that holds its output is gone. */
  async ended(racecar: RacecarProcess, limit = 30_000): Promise<Exit> {
    const late = wait(limit, 'late' as const, { ref: false })
    const exit = await Promise.race([racecar.closed, late])
    if (exit === 'late')
      throw new Error(`racecar did not end within ${limit / 1000} s; it said:\n${racecar.lastWords()}`)
    return exit
  }

  async until(what: string, condition: () => boolean, limit = 30_000): Promise<void> {
    const end = Date.now() + limit
    while (!condition()) {
      if (Date.now() > end) {
        const words = this.#racecars.map(racecar => racecar.lastWords()).join('\n')
        throw new Error(`not within ${limit / 1000} s: ${what}\nsaid: ${this.said}\n${words}`)
      }
      await wait(10)
    }
  }

  /** No process, pidfile, lock or socket is left. */
  expectNothingLeft(): void {
    const forks = this.#racecars.flatMap(racecar => [racecar.pid, ...racecar.forks()])
    expect(forks.filter(isAlive), 'processes that live on').toEqual([])
    const beside = readdirSync(this.folder).filter(name => name.includes('.pid'))
    expect(beside, 'pidfiles, and what stands beside them').toEqual([])
    expect(leftToRun(this.folder), 'control sockets').toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const racecar of this.#racecars) {
      for (const pid of [racecar.pid, ...racecar.forks()]) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const SUBSCRIBED = "static { this.subscribesTo('greetings') } process() {}"

/** Its slots have a worker each that is initialized. */
export async function up(racecar: RacecarProcess, workers: number): Promise<void> {
  const isUp = () =>
    new Set(racecar.all('slot.up', ({ pid }) => racecar.workers().includes(pid)).map(({ slot }) => slot))
  await racecar.until(`${workers} workers being up`, () => isUp().size === workers)
}
