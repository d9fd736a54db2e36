import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { prepare, type Wanted } from '../../src/loader/prepare.ts'
import { makePackage } from './package.ts'

const consumer = `import { Consumer } from 'racecar'
export class TapDanceConsumer extends Consumer { process() {} }`

const file = 'src/consumers/tap-dance-consumer.ts'

/** In the process of the test, with a cache of its own. */
async function plan(cwd: string, { require = [], boot }: Partial<Wanted> = {}) {
  vi.stubEnv('XDG_CACHE_HOME', join(cwd, '.cache'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return await prepare({ cwd, require, boot, consumer: 'TapDanceConsumer' })
}

describe('the plan of what a worker loads', () => {
  it('leaves plain JavaScript as it is', async () => {
    const cwd = await makePackage({ 'consumers/TapDanceConsumer.js': '', 'boot.cjs': '' })
    expect(await plan(cwd, { require: ['boot'] })).toEqual({
      consumer: 'TapDanceConsumer',
      require: [join(cwd, 'boot.cjs')],
      candidates: [join(cwd, 'consumers/TapDanceConsumer.js')],
    })
    expect(existsSync(join(cwd, '.cache'))).toBe(false)
  })

  it('names compiled modules and what they were made of, and installed ones as they are', async () => {
    const cwd = await makePackage({ [file]: consumer, 'boot.ts': '', 'node_modules/env/index.js': '' })
    const { require, candidates, sources } = await plan(cwd, { require: ['boot', 'env'] })
    expect(require[0]).toMatch(/\.cache\/racecar\/[0-9a-f]{32}\/0-boot\.mjs$/)
    expect(require[1]).toBe(join(cwd, 'node_modules/env/index.js'))
    expect(candidates).toHaveLength(1)
    expect(sources).toEqual({ [require[0]!]: join(cwd, 'boot.ts'), [candidates[0]!]: join(cwd, file) })
    expect(await readFile(candidates[0]!, 'utf8')).toContain('TapDanceConsumer = class extends Consumer')
  })

  it('is the same when nothing has changed, and another when something has', async () => {
    const cwd = await makePackage({ [file]: consumer })
    const first = await plan(cwd)
    expect(await plan(cwd)).toEqual(first)
    const other = await makePackage({ [file]: `${consumer}\n// other` })
    expect((await plan(other)).candidates).not.toEqual(first.candidates)
  })

  it('runs nothing of it, and leaves no process behind', async () => {
    const cwd = await makePackage({ [file]: "throw new Error('it was run')" })
    const children = () => readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').catch(() => '')
    const before = await children()
    await plan(cwd)
    await vi.waitFor(async () => expect(await children()).toBe(before))
  })

  it('has the module to boot compiled beside the others, and knows it by its name', async () => {
    const cwd = await makePackage({ 'consumers/TapDanceConsumer.js': '', 'src/boot.ts': '' })
    const boot = { module: './src/boot', env: 'staging' }
    const planned = await plan(cwd, { boot })
    expect(planned.boot).toEqual({
      module: { file: expect.stringMatching(/0-boot\.mjs$/), name: 'src/boot.ts' },
      env: 'staging',
    })
    expect(planned.sources?.[planned.boot!.module.file]).toBe(join(cwd, 'src/boot.ts'))
    expect(planned.require).toEqual([])
  })

  it('goes on with what is required alone, and says where else the consumer is not', async () => {
    const cwd = await makePackage({ 'all.js': '' })
    const { candidates, lookedIn } = await plan(cwd, { require: ['./all.js'] })
    expect(candidates).toEqual([])
    expect(lookedIn).toContain('Looked for tap-dance-consumer')
  })

  it('is refused where there is no such consumer', async () => {
    const cwd = await makePackage({ 'src/consumers/waltz-consumer.ts': '' })
    await expect(plan(cwd)).rejects.toMatchObject({ code: 'CONSUMER_NOT_FOUND', exitCode: 78 })
    await expect(plan(cwd)).rejects.toThrow(/^There is no consumer TapDanceConsumer\. Looked for .* WaltzConsumer/)
  })
})

describe('TypeScript that cannot be compiled', () => {
  it.each([
    ['a mistake in the file', { [file]: 'const a = 1\n\nlet b = = 2' }, `${file}:3:9: Unexpected "="`],
    [
      'a mistake in a line that says where it is',
      { [file]: 'const a = __dirname; let b = = 2' },
      `${file}:1:30: Unexpected "="`,
    ],
    ['a mistake in a file that it imports', { [file]: "import '../lib'", 'src/lib.ts': 'class {' }, 'src/lib.ts:1:7: '],
    ['a file that is not there', { [file]: "\nimport '../lib'" }, `${file}:2:8: Could not resolve "../lib"`],
    ['a package that is not there', { [file]: "import 'lodash'" }, `${file}:1:8: Could not resolve "lodash"`],
    [
      'a name that is not exported',
      { [file]: "import { a } from '../lib'\na()", 'src/lib.ts': 'export {}' },
      `${file}:1:10: `,
    ],
  ])('for %s is refused with file, line and column', async (_, files, sentence) => {
    const cwd = await makePackage(files)
    await expect(plan(cwd)).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    await expect(plan(cwd)).rejects.toThrow(sentence)
  })

  it('is refused with all that is wrong', async () => {
    const cwd = await makePackage({ [file]: "import './a'\nimport './b'" })
    await expect(plan(cwd)).rejects.toThrow(/consumer\.ts:1:8: .*\n.*consumer\.ts:2:8: /)
  })

  it('does not fail for a package that is only asked for at run time', async () => {
    const cwd = await makePackage({ [file]: "export const load = () => import('lodash')" })
    expect((await plan(cwd)).candidates).toHaveLength(1)
  })

  it('is refused where it cannot be put anywhere', async () => {
    const cwd = await makePackage({ [file]: consumer, '.cache': 'a file' })
    await mkdir(join(cwd, 'tmp'))
    vi.stubEnv('TMPDIR', join(cwd, '.cache'))
    await expect(plan(cwd)).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
  })
})
