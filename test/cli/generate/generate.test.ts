import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Generation, generate } from '../../../src/cli/generate/generate.ts'
import { consumerName } from '../../../src/cli/generate/names.ts'
import { readConfigFiles } from '../../../src/config/config-files.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { makePackage } from '../../loader/package.ts'

async function generated(cwd: string, changes: Partial<Generation> = {}): Promise<string> {
  let said = ''
  const out = { write: (text: string) => (said += text) }
  const name = consumerName('TapDance')!
  await generate({ isInit: false, name, topic: name.topic, force: false, ...changes }, { cwd, out })
  return said
}

const reading = (cwd: string) => (name: string) => readFileSync(join(cwd, name), 'utf8')

describe('files to begin with', () => {
  it('are written once, and said to be', async () => {
    const cwd = await makePackage({})
    const first = await generated(cwd, { isInit: true })
    expect(first).toContain(
      '   create  config/racecar.yml\n   create  src/consumers/tap-dance-consumer.js\n   create  test/tap-dance-consumer.test.js\n\nNext:\n',
    )
    expect(await generated(cwd, { isInit: true })).toMatch(/^identical .*\nidentical .*\nidentical .*\n\nNext:/)
  })

  it('leave alone what is there, unless they are forced', async () => {
    const cwd = await makePackage({ 'src/consumers/tap-dance-consumer.js': '// mine' })
    const read = reading(cwd)
    expect(await generated(cwd)).toContain(
      '   exists  src/consumers/tap-dance-consumer.js, and is left as it is; --force overwrites it\n   create  test/',
    )
    expect(read('src/consumers/tap-dance-consumer.js')).toBe('// mine')
    expect(await generated(cwd, { force: true })).toContain('overwrite  src/consumers/tap-dance-consumer.js\nidentical')
    expect(read('src/consumers/tap-dance-consumer.js')).toContain('class TapDanceConsumer')
  })

  it('do not lead out of the project by a link', async () => {
    const cwd = await makePackage({ 'elsewhere/mine': 'mine' })
    mkdirSync(join(cwd, 'test'))
    symlinkSync(join(cwd, 'elsewhere/new'), join(cwd, 'test/tap-dance-consumer.test.js'))
    await expect(generated(cwd)).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
    expect(readdirSync(join(cwd, 'elsewhere'))).toEqual(['mine'])
  })

  it('lie where there are consumers and tests already, not in what was built', async () => {
    const cwd = await makePackage({
      'dist/consumers/tap-dance-consumer.js': '',
      'app/consumers/x.js': '',
      'spec/x.js': '',
    })
    expect(await generated(cwd)).toMatch(/create {2}app\/consumers\/tap-dance-consumer.js\n.*create {2}spec\/tap/)
  })

  it('are no second one of the name, in another spelling or language', async () => {
    const cwd = await makePackage({ 'tsconfig.json': {}, 'consumers/dance/tap_dance_consumer.mjs': '// mine' })
    expect(await generated(cwd)).toMatch(/exists {2}consumers\/dance\/tap_dance_consumer\.mjs/)
    expect(reading(cwd)('test/tap_dance_consumer.test.js')).toContain("'../consumers/dance/tap_dance_consumer.mjs'")
  })

  it('consume what is said, and nothing that can be no topic', async () => {
    const cwd = await makePackage({})
    await expect(generated(cwd, { topic: "a'b" })).rejects.toMatchObject({ code: 'USAGE', exitCode: 64 })
    expect(existsSync(join(cwd, 'src'))).toBe(false)
    await generated(cwd, { topic: 'moves' })
    expect(reading(cwd)('src/consumers/tap-dance-consumer.js')).toContain("this.subscribesTo('moves')")
  })

  it('are refused where package.json is none, and where they cannot be', async () => {
    const broken = await makePackage({ 'package.json': '{' })
    await expect(generated(broken)).rejects.toThrow(/package\.json cannot be read: /)
    const cwd = await makePackage({ src: 'a file' })
    await expect(generated(cwd)).rejects.toMatchObject({ code: 'CANNOT_CREATE' })
  })
})

describe('a project has files of its own kind', () => {
  const vitest = { devDependencies: { vitest: '4' } }
  const jest = { devDependencies: { jest: '30' } }
  const tsx = { devDependencies: { typescript: '6', tsx: '4' } }
  const esm = { type: 'module' }

  it.each([
    ['CommonJS', {}, 'js', 'js', "require('../src/consumers/tap-dance-consumer.js')", 'node --test '],
    ['ES modules', esm, 'js', 'js', "from '../src/consumers/tap-dance-consumer.js'", 'node --test '],
    ['ES modules, Vitest', { ...esm, ...vitest }, 'js', 'js', "from 'vitest'", 'npx vitest run'],
    ['CommonJS, Vitest', vitest, 'js', 'js', "from '../src/consumers/tap-dance-consumer.js'", 'npx vitest run'],
    ['CommonJS, Jest', jest, 'js', 'js', "require('racecar/testing')", 'which Jest can require on Node 24.9 or newer'],
    ['ES modules, Jest', { ...esm, ...jest }, 'js', 'js', "from 'racecar/testing'", 'NODE_OPTIONS=--experimental-vm'],
    [
      'TypeScript',
      { ...esm, dependencies: { typescript: '6' } },
      'ts',
      'js',
      "-consumer.ts'",
      'on Node 22.18 or newer',
    ],
    [
      'TypeScript, tsx',
      { ...esm, ...tsx },
      'ts',
      'ts',
      "-consumer.js'",
      '--import tsx --test test/tap-dance-consumer.test.ts',
    ],
    [
      'TypeScript, as npm init makes it',
      { type: 'commonjs', dependencies: { typescript: '6' } },
      'ts',
      'js',
      "require('../src/consumers/tap-dance-consumer.ts')",
      'npm install --save-dev tsx                              # runs TypeScript\n  node --import tsx --test  ',
    ],
    ['TypeScript to CommonJS, tsx', tsx, 'ts', 'ts', "from '../src/consumers/tap-dance-consumer'", '--import tsx'],
  ])('%s', async (_, packageJson, consumer, test, imports, said) => {
    const cwd = await makePackage({ 'package.json': packageJson })
    expect(await generated(cwd)).toContain(said)
    const read = reading(cwd)
    expect(read(`test/tap-dance-consumer.test.${test}`)).toContain(imports)
    expect(read(`src/consumers/tap-dance-consumer.${consumer}`)).toContain(
      consumer === 'ts' ? ': Message' : '(message)',
    )
  })

  it('does not ask for an embedded Kafka that it has', async () => {
    const cwd = await makePackage({ 'package.json': { devDependencies: { 'racecar-embedded': '1' } } })
    expect(await generated(cwd)).not.toContain('npm install')
  })
})

it.each([
  ['development', 1],
  ['test', 1],
  ['production', 2],
])('the configuration file is right for %s, and says nothing doubtful', async (env, workers) => {
  const cwd = await makePackage({ 'package.json': { name: '@acme/shop' } })
  await generated(cwd, { isInit: true })
  const { sections, problems } = await readConfigFiles({ cwd, flags: { env }, env: {} })
  const { config, warnings } = loadConfig({ files: { sections, problems }, flags: { env } })
  expect(config).toMatchObject({ clientId: 'shop', workers, pauseTimeout: 1, maxPauseTimeout: 60 })
  expect(warnings).toEqual([])
})

it('what is commented out in the configuration file may be taken in', async () => {
  const cwd = await makePackage({})
  await generated(cwd, { isInit: true })
  const file = join(cwd, 'config/racecar.yml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^( *)# (\w+: )/gm, '$1$2'))
  const { sections, problems } = await readConfigFiles({ cwd: dirname(dirname(file)), flags: {}, env: {} })
  expect(loadConfig({ files: { sections, problems } }).config.groupIdPrefix).toBe('app-')
})
