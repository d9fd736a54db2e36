// The application that the files of deploy/ are for, in a folder of its own, and those files with its places in theirs.

import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Launcher } from './container.ts'
import { NOWHERE, Project } from './process.ts'
import { isAlive, type ProcessOptions, type RacecarProcess } from './racecar-process.ts'

export const deploy = fileURLToPath(new URL('../../deploy', import.meta.url))

const consumer = (name: string) => `
  import { Consumer } from 'racecar'
  export class ${name} extends Consumer {
    static { this.subscribesTo('pageviews') }
    process() {}
    teardown() { this.logger.info('torn down') }
  }`

export class Application extends Project implements Launcher {
  readonly #env: Readonly<Record<string, string>>
  readonly #supervised: RacecarProcess[] = []

  constructor(env: Readonly<Record<string, string>> = {}) {
    super()
    this.#env = env
    this.write('src/consumers/geo-coding-consumer.js', consumer('GeoCodingConsumer'))
    this.write('src/consumers/mail-consumer.js', consumer('MailConsumer'))
    this.write('node_modules/.bin/.keep', '')
    for (const bin of ['racecar', 'racecarctl'])
      symlinkSync(`../racecar/bin/${bin}.js`, this.path(`node_modules/.bin/${bin}`))
  }

  /** A folder of deploy/, or a file of it, put to `place`; fewer workers than in earnest are as good. */
  install(from: string, place: string): string {
    const source = join(deploy, from)
    if (statSync(source).isDirectory()) {
      for (const name of readdirSync(source)) this.install(join(from, name), join(place, name))
      return this.path(place)
    }
    const user = userInfo().username
    const text = readFileSync(source, 'utf8')
      .replaceAll('/srv/app', this.folder)
      .replaceAll('/run/racecar', this.path('run'))
      .replaceAll('--workers 5', '--workers 2')
      .replaceAll(/(-u|-o|-g|s6-setuidgid) racecar\b/g, `$1 ${user}`)
    this.write(place, text)
    chmodSync(this.path(place), statSync(source).mode)
    return this.path(place)
  }

  override launch(under: readonly string[], ...args: string[]): ProcessOptions {
    const env = { RACECAR_BROKERS: NOWHERE, RACECAR_LOG_FORMAT: 'json', ...this.#env }
    return { cwd: this.folder, args, env, under, program: [] }
  }

  override startUnder(command: readonly string[], ...args: string[]): RacecarProcess {
    const supervised = super.startUnder(command, ...args)
    this.#supervised.push(supervised)
    return supervised
  }

  /** After a test that has failed: with who would start racecar again goes racecar itself. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    const started = this.#supervised.flatMap(one => one.all('primary.started')).map(({ pid }) => pid)
    for (const pid of started.filter(isAlive)) process.kill(pid, 'SIGKILL')
  }
}
