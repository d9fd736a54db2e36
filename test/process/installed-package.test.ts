import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Layout, UserProject } from '../package/installed.ts'
import { brokers } from '../support/broker.ts'
import { TestTopics, uniqueName } from '../support/topics.ts'

interface Shape {
  readonly layout: Layout
  readonly files: Readonly<Record<string, string>>
  /** Where the package with the consumer is, in a repository of several. */
  readonly home?: string
  readonly links?: Readonly<Record<string, string>>
}

const HANDLE = `process(message) { appendFileSync(process.env.SAID, greet(message.value) + '\\n') }`
const GREET = 'const greet = (name: string) => "Hello, " + name + "!"'

const shapes: Readonly<Record<string, Shape>> = {
  'an ES module project': {
    layout: 'flat',
    files: {
      'package.json': '{ "type": "module" }',
      'src/consumers/mail-consumer.js': `
        import { appendFileSync } from 'node:fs'
        import { Consumer } from 'racecar'
        import { greet } from '../greet.js'
        export class MailConsumer extends Consumer {
          static { this.subscribesTo(process.env.TOPIC) }
          ${HANDLE}
        }`,
      'src/greet.js': 'export const greet = name => "Hello, " + name + "!"',
    },
  },
  'a CommonJS project': {
    layout: 'flat',
    files: {
      'package.json': '{}',
      'consumers/mail_consumer.js': `
        const { appendFileSync } = require('node:fs')
        const { Consumer } = require('racecar')
        const { greet } = require('../greet')
        class MailConsumer extends Consumer {
          ${HANDLE}
        }
        MailConsumer.subscribesTo(process.env.TOPIC)
        module.exports = MailConsumer`,
      'greet.js': 'module.exports = { greet: name => "Hello, " + name + "!" }',
    },
  },
  'TypeScript in an ES module project, linked as pnpm does': {
    layout: 'linked',
    files: {
      'package.json': '{ "type": "module" }',
      'src/consumers/MailConsumer.ts': `
        import { appendFileSync } from 'node:fs'
        import { Consumer, type Message } from 'racecar'
        ${GREET}
        export default class MailConsumer extends Consumer {
          static { this.subscribesTo(process.env.TOPIC!) }
          process(message: Message) { appendFileSync(process.env.SAID!, greet(message.value!) + '\\n') }
        }`,
    },
  },
  'TypeScript in a CommonJS project, with import without extensions': {
    layout: 'flat',
    files: {
      'package.json': '{ "type": "commonjs" }',
      'tsconfig.json': '{ "compilerOptions": { "module": "esnext", "moduleResolution": "bundler" } }',
      'src/greet.ts': `export ${GREET}`,
      'src/consumers/mail-consumer.ts': `
        import { appendFileSync } from 'fs'
        import { Consumer, type Message } from 'racecar'
        import { greet } from '../greet'
        export class MailConsumer extends Consumer {
          static { this.subscribesTo(process.env.TOPIC!) }
          process(message: Message) { appendFileSync(process.env.SAID!, greet(message.value!) + '\\n') }
        }`,
    },
  },
  'a package of a repository of several, one of them in TypeScript, linked as pnpm does': {
    layout: 'linked',
    home: 'packages/mailer',
    links: { 'packages/mailer/node_modules/@acme/greet': 'packages/greet' },
    files: {
      'package.json': '{ "private": true }',
      'packages/greet/package.json':
        '{ "name": "@acme/greet", "type": "module", "exports": "./src/index.ts", "dependencies": { "racecar": "*" } }',
      'packages/greet/src/index.ts': `export ${GREET}`,
      'packages/mailer/package.json': '{ "name": "@acme/mailer", "type": "module" }',
      'packages/mailer/src/consumers/mail-consumer.ts': `
        import { appendFileSync } from 'node:fs'
        import { greet } from '@acme/greet'
        import { Consumer, type Message } from 'racecar'
        export class MailConsumer extends Consumer {
          static { this.subscribesTo(process.env.TOPIC!) }
          process(message: Message) { appendFileSync(process.env.SAID!, greet(message.value!) + '\\n') }
        }`,
    },
  },
}

test.each(Object.entries(shapes))('the package as it is published runs in %s', async (_, shape) => {
  using project = await UserProject.with(shape.layout, shape.files, shape.home)
  for (const [name, target] of Object.entries(shape.links ?? {})) project.link(name, target)
  const address = await brokers()
  const topics = await TestTopics.open(address)
  try {
    const topic = await topics.create('installed')
    await topics.produce(topic, [{ value: 'Ada' }])
    const home = join(project.folder, shape.home ?? '.')
    const said = join(project.folder, 'said')
    const racecar = spawn(
      join(home, 'node_modules/.bin/racecar'),
      ['--brokers', address, '--group-id', uniqueName('installed'), '--workers', '2', 'MailConsumer'],
      { cwd: home, env: { ...process.env, TOPIC: topic, SAID: said }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let output = ''
    for (const stream of [racecar.stdout, racecar.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    const exited = new Promise(resolve => racecar.once('exit', (code, signal) => resolve([code, signal])))
    try {
      const end = Date.now() + 30_000
      // A file is there a moment before what is written to it.
      const isSaid = () => existsSync(said) && readFileSync(said, 'utf8') !== ''
      while (!isSaid()) {
        if (Date.now() > end || racecar.exitCode !== null) throw new Error(`nothing was handled:\n${output}`)
        await wait(20)
      }
      expect(readFileSync(said, 'utf8')).toBe('Hello, Ada!\n')
      racecar.kill('SIGTERM')
      expect(await exited, output).toEqual([0, null])
    } finally {
      racecar.kill('SIGKILL')
    }
  } finally {
    await topics.close()
  }
})
