import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { packed, typeErrors, UserProject } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const npx = (command: string, ...args: string[]) =>
  run(process.execPath, [join(root, 'node_modules', command), ...args], { cwd: root })

const CONSUMER = `
import { Consumer, type Context, defineConfig, type ErrorInfo, type Events, events, type MessageOf, topic } from 'racecar'
import { message, testConsumer } from 'racecar/testing'

const mails = topic<{ to: string }>('mails')

export class MailConsumer extends Consumer {
  static {
    this.subscribesTo(mails, { startFromBeginning: false })
    this.configure({ workers: 2, pauseTimeout: 1 })
  }
  process({ data, rawValue }: MessageOf<typeof mails>, { signal }: Context) {
    const bytes: number | undefined = rawValue?.length
    this.produce(data.to, { topic: 'sent', headers: { bytes: String(bytes) } })
    signal.throwIfAborted()
  }
}

export const config = defineConfig({ brokers: ['a:1'], onError: (error: unknown, { topic }: ErrorInfo) => [error, topic] })
new MailConsumer().process(message({ topic: mails, value: { to: 'ada' } }), { signal: AbortSignal.timeout(1) })
export async function tested() {
  const consumer = await testConsumer(MailConsumer, { partitions: 2, config: { pauseTimeout: 1 } })
  await consumer.give({ topic: mails, value: { to: 'ada' } }, 'text')
  const at: number | null = consumer.committed(mails)
  const first: string | null | undefined = consumer.produced[0]?.value
  await consumer[Symbol.asyncDispose]()
  return [at, first, consumer.consumer.logger]
}
const slow = ({ message: { value }, durationMs }: Events['message.handled']): unknown => durationMs > 5 && value
export const off: () => void = events.on('message.handled', slow)
// @ts-expect-error no event is called so
events.on('message.handle', slow)
// @ts-expect-error a typo does not compile
MailConsumer.configure({ worker: 2 })
`

describe('the package', () => {
  it('has what it needs and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', await packed()])
    const files = stdout.trim().split('\n')
    expect(files).toEqual(expect.arrayContaining(['package/README.md', 'package/LICENSE', 'package/bin/racecar.js']))
    expect(
      files.filter(
        file => !/^package\/(bin|dist|extra)\/|^package\/[A-Z]+(\.md)?$|^package\/package\.json$/.test(file),
      ),
    ).toEqual([])
  })

  it('is what publint wants it to be', async () => {
    const { stdout } = await npx('publint/src/cli.js', await packed(), '--strict')
    expect(stdout).toContain('All good!')
  })

  it('has the right types however it is resolved', async () => {
    await npx('@arethetypeswrong/cli/dist/index.js', await packed(), '--profile', 'esm-only')
  })
})

describe('its types, without @types/node in `types`', () => {
  it.each([
    ['nodenext', '{ "type": "module" }', { module: 'nodenext', target: 'es2023' }],
    [
      'bundler',
      '{ "type": "commonjs" }',
      { module: 'esnext', moduleResolution: 'bundler', target: 'es2023', lib: ['es2023', 'dom'] },
    ],
  ])('are right by %s resolution', async (_, packageJson, options) => {
    using project = await UserProject.with('flat', { 'package.json': packageJson, 'src/mail.ts': CONSUMER })
    expect(await typeErrors(project, options)).toBe('')
  })

  it('are not any: a wrong use is an error', async () => {
    using project = await UserProject.with('flat', {
      'package.json': '{ "type": "module" }',
      'src/mail.ts': CONSUMER.replace('data.to', 'data.too').replace('rawValue?.length', 'rawValue?.nothing'),
    })
    const errors = await typeErrors(project, { module: 'nodenext', target: 'es2023' })
    expect(errors).toContain("Property 'too' does not exist on type '{ to: string; }'")
    expect(errors).toMatch(/Property 'nothing' does not exist on type 'Buffer/)
  })
})

describe('racecar without hot-shots', () => {
  it('says how to get it, where metrics for Datadog are asked for, before anything runs', async () => {
    using project = await UserProject.with('flat', {
      'package.json': '{ "type": "module" }',
      'consumers/mail-consumer.js': `import { Consumer } from 'racecar'
        export class MailConsumer extends Consumer { static { this.subscribesTo('mails') } process() {} }`,
    })
    const bin = join(project.folder, 'node_modules/.bin/racecar')
    const args = ['--datadog-enabled', '--brokers', '127.0.0.1:1', 'MailConsumer']
    for (const command of [args, ['check', ...args], ['--workers', '0', ...args]])
      await expect(run(bin, command, { cwd: project.folder }), command.join(' ')).rejects.toMatchObject({
        code: 78,
        stderr: expect.stringContaining('the package hot-shots is not installed: npm install hot-shots@17'),
      })
  })
})

describe('racecar without kerberos', () => {
  it('says how to get it, where tickets are asked for, before anything runs', async () => {
    using project = await UserProject.with('flat', {
      'package.json': '{ "type": "module" }',
      'consumers/mail-consumer.js': `import { Consumer } from 'racecar'
        export class MailConsumer extends Consumer { static { this.subscribesTo('mails') } process() {} }`,
    })
    const bin = join(project.folder, 'node_modules/.bin/racecar')
    const args = ['--sasl-mechanism', 'GSSAPI', '--brokers', '127.0.0.1:1', 'MailConsumer']
    await expect(run(bin, args, { cwd: project.folder })).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringMatching(
        /needs the package kerberos, which is not installed: npm install kerberos@7, .*libkrb5-dev/,
      ),
    })
  })
})
