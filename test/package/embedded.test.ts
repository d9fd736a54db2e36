// racecar-embedded as npm would publish it, and racecar without it.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packed, typeErrors, UserProject } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the package racecar-embedded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-embedded-pack-'))
  const home = join(folder, 'package')
  const read = (name: string) => readFileSync(join(home, name))

  beforeAll(async () => {
    execFileSync('tar', ['-xzf', await packed('racecar-embedded'), '-C', folder])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has its program, where it comes from, and its checksums', () => {
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    const program = read('dist/kafka.wasm.br')
    expect(read('dist/SHA256SUMS').toString()).toBe(
      `${sha256(program)}  kafka.wasm.br\n${sha256(brotliDecompressSync(program))}  kafka.wasm\n`,
    )
    expect(readdirSync(join(home, 'go'))).toContain('go.sum')
    expect(program.length).toBeLessThan(5_000_000)
  })

  it('has the licence of all that is in it', () => {
    const notices = read('dist/NOTICES.txt').toString()
    for (const name of [
      'Go go1',
      'franz-go',
      'franz-go/pkg/kfake',
      'franz-go/pkg/kmsg',
      'klauspost/compress',
      'pierrec/lz4',
    ])
      expect(notices).toContain(name)
    expect(notices.match(/Redistribution and use in source and binary forms/g)!.length).toBeGreaterThan(3)
  })

  it('has types that are right without any library of newer JavaScript', async () => {
    using project = await UserProject.with('flat', {
      'package.json': '{ "type": "module" }',
      'src/start.ts': `import { type Kafka, startKafka } from 'racecar-embedded'
        const kafka: Kafka = await startKafka({ topics: { orders: { partitions: 3 } } })
        const brokers: readonly string[] = kafka.brokers
        // @ts-expect-error: it is no list of ports
        const ports: readonly number[] = kafka.brokers
        console.log(brokers, ports)`,
    })
    symlinkSync(home, join(project.folder, 'node_modules/racecar-embedded'))
    mkdirSync(join(home, 'node_modules'))
    symlinkSync(join(root, 'node_modules/@types'), join(home, 'node_modules/@types'))
    expect(await typeErrors(project, { module: 'nodenext', target: 'es2022' })).toBe('')
  })

  it('is in order', async () => {
    const { messages } = await publint({ pkgDir: home })
    expect(messages).toEqual([])
  })
})

describe('racecar without racecar-embedded', () => {
  it('says how to get it', async () => {
    const consumer = `import { Consumer } from 'racecar'
      export class MailConsumer extends Consumer { static { this.subscribesTo('mails') } process() {} }`
    using project = await UserProject.with('flat', {
      'package.json': '{ "type": "module" }',
      'consumers/mail-consumer.js': consumer,
    })
    const bin = join(project.folder, 'node_modules/.bin/racecar')
    const run = () => execFileSync(bin, ['--embedded', 'MailConsumer'], { cwd: project.folder, stdio: 'pipe' })
    expect(run).toThrow(
      expect.objectContaining({
        status: 78,
        message: expect.stringContaining('racecar-embedded is not installed: npm install --save-dev racecar-embedded'),
      }),
    )
  })
})
