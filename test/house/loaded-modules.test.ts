// What a process loads is what it costs: importing the package must not bring in what only a primary or a running worker needs.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every file that Node loads for one import, by its own account. */
async function loadedBy(entry: string): Promise<string[]> {
  const script = `
    import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    await import(${JSON.stringify(entry)})
    const { createRequire } = await import('node:module')
    for (const file of Object.keys(createRequire(${JSON.stringify(`${root}package.json`)}).cache)) console.log('file://' + file)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: root })
  return stdout.split('\n').filter(line => line !== '')
}

// Runs on a thread of its own, whose standard output is the process's.
const hook = `
  import { writeSync } from 'node:fs'
  export async function load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context) }`

const ours = (loaded: readonly string[]): string[] =>
  loaded.filter(url => url.includes('/dist/')).map(url => url.slice(url.indexOf('/dist/') + '/dist/'.length))
const packages = (loaded: readonly string[]): string[] => loaded.filter(url => url.includes('/node_modules/'))

describe('importing what was built', () => {
  beforeAll(() => {
    if (!existsSync(join(root, 'dist/index.js'))) throw new Error('These tests look at what was built: npm run build')
  })

  it('as racecar loads the consumer class and what it stands on, and not one package', async () => {
    const loaded = await loadedBy('racecar')
    expect(ours(loaded)).toContain('consumer/consumer.js')
    const own =
      /^(index|errors|delivery-error|standalone\/(index|producer|waiting)|producer\/(answers|encode|surroundings))\.js$|^(run|consumer|lib|events)\//
    expect(ours(loaded).filter(file => !own.test(file))).toEqual([])
    expect(packages(loaded)).toEqual([])
  })

  it('as racecar/testing loads what runs a consumer in memory: no Kafka client, no supervisor, not one package', async () => {
    const loaded = await loadedBy('racecar/testing')
    expect(ours(loaded)).toContain('testing/index.js')
    const own =
      /^(errors|delivery-error)\.js$|^(config|consumer|events|lib|producer|runner|testing)\/|^engine\/((engine|out-of-range|partitioner)\.js$|memory\/)|^(worker\/prepare|standalone\/(producer|waiting)|security\/(tls|secret|extension|placeholders))\.js$/
    expect(ours(loaded).filter(file => !own.test(file))).toEqual([])
    expect(packages(loaded)).toEqual([])
  })

  it('as racecar/heroku loads what reads its variables alone', async () => {
    const loaded = await loadedBy('racecar/heroku')
    expect(ours(loaded).sort()).toEqual([
      'config/host-port.js',
      'config/presets.js',
      'heroku/index.js',
      'heroku/preset.js',
    ])
    expect(packages(loaded)).toEqual([])
  })

  it('as a worker does loads no primary: neither its command line nor its log, compiler or configuration', async () => {
    const files = ['entry/live', 'worker/load', 'engine/kafkajs/index'].map(file => join(root, `dist/${file}.js`))
    const loaded = (await Promise.all(files.map(loadedBy))).flat()
    expect(ours(loaded)).toContain('runner/runner.js')
    const own =
      /^(errors|delivery-error|messages)\.js$|^(entry|worker|runner|producer|consumer|engine|events|lib|security)\/|^loader\/(boot|config-module)\.js$|^config\/(cluster|kerberos|dead-letter-topic|presets|retry-topics|raw\/entries)\.js$/
    expect(ours(loaded).filter(file => !own.test(file))).toEqual([])
    expect(packages(loaded).filter(url => !/\/node_modules\/(kafkajs|long)\//.test(url))).toEqual([])
  })

  it('as a primary does loads no user code’s runner, no Kafka client, and no compiler or YAML before there is need', async () => {
    const loaded = await loadedBy(join(root, 'dist/cli/racecar.js'))
    expect(ours(loaded)).toContain('supervisor/supervisor.js')
    expect(ours(loaded).filter(file => /^(engine|runner|consumer|producer|worker|entry|testing)\//.test(file))).toEqual(
      [],
    )
    expect(
      packages(loaded).filter(url => /\/node_modules\/(kafkajs|esbuild|yaml|tinyglobby|proper-lockfile)\//.test(url)),
    ).toEqual([])
  })

  it('to plan what a worker loads brings in no compiler before there is something to compile', async () => {
    const loaded = await loadedBy(join(root, 'dist/loader/prepare.js'))
    expect(ours(loaded)).toContain('loader/compile.js')
    expect(packages(loaded)).toEqual([])
  })

  it('as racecarctl loads nothing of what runs workers, and only what reads its command line', async () => {
    const loaded = await loadedBy(join(root, 'dist/cli/racecarctl.js'))
    expect(ours(loaded)).toContain('cli/ctl/stop.js')
    const small =
      /^errors\.js$|^lib\/|^cli\/(racecarctl|folder|version|ctl\/[\w-]+|ctl\/dead-letter\/commands)\.js$|^supervisor\/(run-folder|process-start)\.js$/
    expect(ours(loaded).filter(file => !small.test(file))).toEqual([])
    expect(packages(loaded).filter(url => !url.includes('/node_modules/commander/'))).toEqual([])
  })

  it('as the liveness probe does, every few seconds, loads the table of options and not one package', async () => {
    const loaded = await loadedBy(join(root, 'dist/cli/ctl/liveness-probe.js'))
    expect(ours(loaded)).toContain('config/liveness-options.js')
    const own =
      /^errors\.js$|^(config|lib)\/|^cli\/(last-words|ctl\/[\w-]+)\.js$|^security\/(tls|secret|extension|placeholders)\.js$/
    expect(ours(loaded).filter(file => !own.test(file))).toEqual([])
    expect(packages(loaded)).toEqual([])
  })

  it('is counted right: the table of options is seen where it is loaded', async () => {
    expect(ours(await loadedBy(join(root, 'dist/config/load.js')))).toContain('config/options.js')
  })

  it('can be done by require()', async () => {
    const script = `
      const { Consumer, topic } = require('racecar')
      const { testConsumer } = require('racecar/testing')
      require('racecar/heroku')
      console.log(typeof Consumer, typeof topic, typeof testConsumer)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '-e', script], {
      cwd: root,
    })
    expect(stdout).toBe('function function function\n')
  })
})
