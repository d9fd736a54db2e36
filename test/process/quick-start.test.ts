// The README's quick start, read out of the README and followed to the letter, by somebody who knows nothing else. Two words are
// others: the packages are what npm would publish, not what is in the registry.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type PackageName, packed } from '../package/installed.ts'
import { freePort } from '../support/free-port.ts'

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')

interface Block {
  readonly language: string
  readonly text: string
}

function quickStart(): Block[] {
  const [, section = ''] = /\n## Quick start\n([\s\S]*?)\n## /.exec(readme) ?? []
  return [...section.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }))
}

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'racecar-quick-start-'))
  readonly running: ChildProcess[] = []
  output = ''

  write(text: string): void {
    const [, name] = /^\/\/ (\S+)\n/.exec(text) ?? []
    if (!name) throw new Error(`this says not into which file it belongs:\n${text}`)
    mkdirSync(dirname(join(this.path, name)), { recursive: true })
    writeFileSync(join(this.path, name), text)
  }

  start(command: string, env: Record<string, string>): Promise<unknown> {
    const child = spawn('bash', ['-c', `exec ${command}`], {
      cwd: this.path,
      env: { ...process.env, XDG_RUNTIME_DIR: this.path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.running.push(child)
    this.output += `$ ${command}\n`
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk
      })
    return new Promise(resolve => child.once('exit', (code, signal) => resolve([code, signal])))
  }

  async saw(what: string): Promise<void> {
    const end = Date.now() + 60_000
    while (!this.output.includes(what)) {
      if (Date.now() > end) throw new Error(`nobody said ${what}:\n${this.output}`)
      await wait(20)
    }
  }
}

/** The same, of what lies here. */
async function ours(line: string): Promise<string> {
  const [, options = '', name] = /^npm install (--\S+ )?(racecar(?:-embedded)?)$/.exec(line) ?? []
  if (name === undefined) return line
  return `npm install --prefer-offline --no-audit --no-fund ${options}${await packed(name as PackageName)}`
}

test('the quick start of the README leads from an empty folder to the first message, without a Kafka', async () => {
  const blocks = quickStart()
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'ts', 'sh', 'sh'])
  const folder = new Folder()
  // The port may be somebody's.
  const env = { RACECAR_BROKERS: `localhost:${await freePort()}` }
  let racecar: Promise<unknown> | undefined
  try {
    for (const { language, text } of blocks) {
      if (language !== 'sh') {
        folder.write(text)
        continue
      }
      for (const line of text.trim().split('\n')) {
        const command = await ours(line)
        if (line.startsWith('npx racecar --')) {
          racecar = folder.start(command, env)
          await folder.saw('greetings/5')
        } else expect(await folder.start(command, env), folder.output).toEqual([0, null])
        const [, name] = /--value (\w+)$/.exec(line) ?? []
        if (name) await folder.saw(`Hello, ${name}!`)
      }
    }
    expect(await racecar, folder.output).toEqual([0, null])
    expect(folder.output).toContain('GreetingConsumer is fine: process of greetings, in 1 worker')
    expect(folder.output).toContain('for development, not for production')
    expect(folder.output).toMatch(/GreetingConsumer is running: pid \d+/)
    expect(folder.output).toContain('Hello, Ada!')
  } finally {
    for (const child of folder.running) child.kill('SIGKILL')
    rmSync(folder.path, { recursive: true, force: true })
  }
})
