import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { install, load, makePackage } from './package.ts'

const file = 'src/consumers/tap-dance-consumer.ts'

/** A consumer that subscribes to `steps` and says what an expression gives. */
const saying = (expression: string, imports = ''): string => `import { Consumer } from 'racecar'
${imports}
export class TapDanceConsumer extends Consumer {
  static { this.subscribesTo('steps') }
  async process(): Promise<unknown> { return ${expression} }
}`

const esm = { name: 'app', type: 'module' }
const cjs = { name: 'app' }

describe('a consumer in TypeScript', () => {
  it.each([
    ['a package of ES modules', esm, file],
    ['a package without "type"', cjs, file],
    ['an .mts file', cjs, 'src/consumers/tap-dance-consumer.mts'],
    ['a .cts file', esm, 'src/consumers/tap-dance-consumer.cts'],
  ])('runs as it is, on this very framework, from %s', async (_, packageJson, path) => {
    const cwd = await makePackage({
      'package.json': packageJson,
      [path]: saying('[TapDanceConsumer.name, 1 as number]'),
    })
    const { isOurs, topics, said, stderr } = await load(cwd, 'TapDanceConsumer')
    expect({ isOurs, topics, said, stderr }).toEqual({
      isOurs: true,
      topics: ['steps'],
      said: ['TapDanceConsumer', 1],
      stderr: '',
    })
  })

  it('gets the running framework although its package holds another copy, in what it tests with as well', async () => {
    const cwd = await makePackage({
      'node_modules/racecar/package.json': { name: 'racecar', main: 'index.js' },
      'node_modules/racecar/index.js': "throw new Error('another copy')",
      [file]: saying("message({ value: 'hi' }).value", "import { message } from 'racecar/testing'"),
    })
    const { isOurs, said } = await load(cwd, 'TapDanceConsumer')
    expect({ isOurs, said }).toEqual({ isOurs: true, said: 'hi' })
  })

  it.each([
    ['ES modules', esm],
    ['CommonJS', cjs],
  ])('knows where each of its files lies, in a package of %s', async (_, packageJson) => {
    const where = `[import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename,
      import.meta.resolve('./x.txt'), new URL('../data.json', import.meta.url).pathname]`
    const cwd = await makePackage({
      'package.json': packageJson,
      'src/lib/where.ts': `export const where = ${where}`,
      [file]: saying(`[where, ${where}]`, "import { where } from '../lib/where'"),
    })
    const at = (path: string): string[] => {
      const folder = join(cwd, path, '..')
      const own = join(cwd, path)
      return [`file://${own}`, folder, own, folder, own, `file://${folder}/x.txt`, join(folder, '../data.json')]
    }
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([at('src/lib/where.ts'), at(file)])
  })

  it('may declare __dirname and require itself, as people do in ES modules', async () => {
    const imports = `import { createRequire } from 'node:module'
      import { dirname } from 'node:path'
      import { fileURLToPath } from 'node:url'
      const __dirname = dirname(fileURLToPath(import.meta.url))
      const require = createRequire(import.meta.url)`
    const cwd = await makePackage({
      'package.json': esm,
      'src/data.cjs': 'module.exports = __filename',
      [file]: saying("[__dirname, require('../data.cjs')]", imports),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([join(cwd, 'src/consumers'), join(cwd, 'src/data.cjs')])
  })

  it('finds what tsconfig.json calls by other names', async () => {
    const cwd = await makePackage({
      'package.json': esm,
      'tsconfig.json': '{ "compilerOptions": { /* comment */ "paths": { "@/*": ["./src/*"] } } }',
      'src/lib/a.ts': 'export const a: string = __filename',
      [file]: saying('a', "import { a } from '@/lib/a'"),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toBe(join(cwd, 'src/lib/a.ts'))
  })

  it('may use everything that TypeScript is before JavaScript has it', async () => {
    const imports = `import type { Missing } from './nowhere'
      import data from '../data.json'
      import { legacy } from '../legacy.js'
      enum Step { Left = 1, Right }
      namespace Dance { export const name = 'tap' }
      const seen: string[] = []
      function log(target: object, key: string) { seen.push(key) }
      class Shoes { @log left = 1; constructor(readonly size: number, readonly what?: Missing) {} }`
    const expression =
      "[Step.Right, Dance.name, seen, new Shoes(42).size, data.x, legacy, (await import('../lazy')).lazy] satisfies unknown[]"
    const cwd = await makePackage({
      'package.json': esm,
      'tsconfig.json': { compilerOptions: { experimentalDecorators: true } },
      'src/data.json': { x: 7 },
      'src/lazy.ts': "export const lazy = await Promise.resolve('late')",
      'src/legacy.js': "export { modern as legacy } from './modern.js'",
      'src/modern.ts': "export const modern: string = 'modern'",
      [file]: saying(expression, imports),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([2, 'tap', ['left'], 42, 7, 'modern', 'late'])
  })

  it('may be decorated by the standard', async () => {
    const imports = `const double = (method: () => Promise<number>, _: ClassMethodDecoratorContext) =>
      async function (this: unknown) { return 2 * (await method.call(this)) }`
    const text = saying('21', imports).replace('async process', '@double async process')
    const cwd = await makePackage({ 'package.json': esm, [file]: text })
    expect((await load(cwd, 'TapDanceConsumer')).said).toBe(42)
  })

  it('reports errors by the lines of its author', async () => {
    const cwd = await makePackage({
      'package.json': esm,
      'src/lib/a.ts': 'interface Nothing {}\n\nexport function fail(): never {\n  throw new Error("here")\n}',
      [file]: saying('fail()', "import { fail } from '../lib/a'"),
    })
    await expect(load(cwd, 'TapDanceConsumer')).rejects.toThrow(`${join(cwd, 'src/lib/a.ts')}:4:9`)
  })
})

describe('what a consumer in TypeScript imports', () => {
  const counter = {
    'node_modules/counter/package.json': { name: 'counter', main: 'index.js' },
    'node_modules/counter/index.js':
      "const all = {}; all['co' + 'unt'] = 0; all.next = () => ++all.count; module.exports = all",
    'node_modules/user/package.json': { name: 'user', type: 'module', exports: { import: './index.js' } },
    'node_modules/user/index.js': "import counter from 'counter'; export const use = () => counter.next()",
  }

  it.each([
    ['ES modules', esm],
    ['CommonJS', cjs],
  ])('is one instance with what installed packages import, in a package of %s', async (_, packageJson) => {
    const imports = "import counter from 'counter'\nimport { use } from 'user'"
    const cwd = await makePackage({
      ...counter,
      'package.json': packageJson,
      [file]: saying('[use(), counter.next(), use()]', imports),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([1, 2, 3])
  })

  it('has its names in a CommonJS package as require() gives them, where Node cannot guess them', async () => {
    const imports =
      "import { count, next } from 'counter'\nimport * as all from 'counter'\nimport counter from 'counter'"
    const cwd = await makePackage({
      ...counter,
      [file]: saying('[count, typeof next, all.count, typeof counter.next]', imports),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([0, 'function', 0, 'function'])
  })

  it('is required as CommonJS does it', async () => {
    const imports = "import counter = require('counter')\nimport fs = require('fs')\nconst os = require('os')"
    const path = 'src/consumers/tap-dance-consumer.cts'
    const cwd = await makePackage({
      ...counter,
      [path]: saying('[counter.next(), typeof fs.stat, typeof os.EOL]', imports),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([1, 'function', 'string'])
  })

  it('is bundled where a package is TypeScript: a workspace, with its own packages', async () => {
    const cwd = await makePackage({
      'package.json': esm,
      'packages/steps/package.json': { name: '@app/steps', main: 'src/index.ts' },
      'packages/steps/src/index.ts': "import { own } from 'own'\nexport const steps: string[] = [own, __filename]",
      'packages/steps/node_modules/own/package.json': { name: 'own', type: 'module', exports: './index.js' },
      'packages/steps/node_modules/own/index.js': 'export const own = import.meta.filename',
      [file]: saying('steps', "import { steps } from '@app/steps'"),
    })
    await install(cwd, '@app/steps', join(cwd, 'packages/steps'))
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([
      join(cwd, 'packages/steps/node_modules/own/index.js'),
      join(cwd, 'packages/steps/src/index.ts'),
    ])
  })

  it('is its own where it names its own package, by imports and by exports', async () => {
    const cwd = await makePackage({
      'package.json': { ...esm, imports: { '#lib': './src/lib.ts' }, exports: { './lib': './src/lib.ts' } },
      'src/lib.ts': 'let count = 0\nexport const next = (): number => ++count',
      [file]: saying('[one(), two()]', "import { next as one } from '#lib'\nimport { next as two } from 'app/lib'"),
    })
    expect((await load(cwd, 'TapDanceConsumer')).said).toEqual([1, 2])
  })

  it('exists once when it is required as well, TypeScript or not', async () => {
    const cwd = await makePackage({
      'package.json': esm,
      'src/state.js': 'export const state = { set: "" }',
      'boot.js': "import { state } from './src/state.js'\nstate.set += 'js '",
      'boot.ts': "import { state } from './src/state'\nstate.set += 'ts '",
      [file]: saying('state.set', "import { state } from '../state.js'"),
    })
    expect((await load(cwd, 'TapDanceConsumer', './boot.js', './boot.ts')).said).toBe('js ts ')
  })

  it('may be missing where it is asked for with care', async () => {
    const imports = "let found = 'yes'\ntry { await import('no-such-package') } catch { found = 'no' }"
    const cwd = await makePackage({ 'package.json': esm, [file]: saying('found', imports) })
    expect((await load(cwd, 'TapDanceConsumer')).said).toBe('no')
  })
})

describe('a consumer in TypeScript that is required', () => {
  it('is found by its name in any file', async () => {
    const cwd = await makePackage({ 'lib/all.ts': saying('1'), 'lib/other.ts': 'export const other: number = 1' })
    expect((await load(cwd, 'TapDanceConsumer', 'lib/*.ts')).said).toBe(1)
  })

  it('is found as export = and as the default export', async () => {
    const text = saying('1').replace('export class', 'class')
    const cwd = await makePackage({
      'a.cts': `${text}\nexport = { TapDanceConsumer }`,
      'b.ts': `${text}\nexport default TapDanceConsumer`,
    })
    expect((await load(cwd, 'TapDanceConsumer', 'a')).said).toBe(1)
    expect((await load(cwd, 'TapDanceConsumer', 'b')).said).toBe(1)
  })
})

describe('a consumer in plain JavaScript', () => {
  it('runs from a package of ES modules', async () => {
    const text = saying('import.meta.url').replace(': Promise<unknown>', '')
    const cwd = await makePackage({ 'package.json': esm, 'consumers/tap_dance_consumer.js': text })
    const { said, plan, isOurs } = await load(cwd, 'TapDanceConsumer')
    expect({ said, isOurs }).toEqual({ said: `file://${plan.candidates[0]}`, isOurs: true })
  })

  it('runs from CommonJS, by require()', async () => {
    const cwd = await makePackage({
      'consumers/TapDanceConsumer.js': `const { Consumer } = require('racecar')
        class TapDanceConsumer extends Consumer {
          static { this.subscribesTo('steps') }
          process() { return __filename }
        }
        module.exports = { TapDanceConsumer }`,
    })
    const { said, isOurs } = await load(cwd, 'TapDanceConsumer')
    expect({ said, isOurs }).toEqual({ said: join(cwd, 'consumers/TapDanceConsumer.js'), isOurs: true })
  })
})
