// Packages of users, made in a temporary folder for one test, and a Node process that does with them what the primary and then a
// worker do: prepare, find, describe, make an instance, ask it something.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { LoadPlan } from '../../src/loader/plan.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Files by path; a value that is not text is written as JSON. */
export async function makePackage(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'racecar-package-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [path, contents] of Object.entries({ 'package.json': { name: 'app', private: true }, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), typeof contents === 'string' ? contents : JSON.stringify(contents))
  }
  if (!existsSync(join(folder, 'node_modules/racecar'))) await install(folder, 'racecar', root)
  return folder
}

/** As a package manager links a workspace. */
export async function install(folder: string, name: string, target: string): Promise<void> {
  const link = join(folder, 'node_modules', name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(target, link)
}

export interface Loaded {
  readonly plan: LoadPlan
  readonly topics: readonly string[]
  /** What the instance's `process` returned. */
  readonly said: unknown
  /** Whether the class extends the Consumer of the copy that found it. */
  readonly isOurs: boolean
  readonly stderr: string
}

const script = `
  import { prepare } from ${JSON.stringify(join(root, 'dist/loader/prepare.js'))}
  import { findConsumer } from ${JSON.stringify(join(root, 'dist/consumer/find.js'))}
  import { Consumer, describe } from ${JSON.stringify(join(root, 'dist/consumer/consumer.js'))}
  const [consumer, ...require] = process.argv.slice(1)
  const plan = await prepare({ cwd: process.cwd(), require, consumer })
  const { cls, name } = await findConsumer(plan)
  const topics = describe(name, cls).subscriptions.map(({ topic }) => topic)
  const said = await new cls().process()
  process.stdout.write('\\nLOADED ' + JSON.stringify({ plan, topics, said, isOurs: cls.prototype instanceof Consumer }))`

/** Rejects with what the process wrote when it failed. */
export async function load(cwd: string, consumer: string, ...require: string[]): Promise<Loaded> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('These tests run what was built: npm run build')
  const argv = ['--enable-source-maps', '--input-type=module', '-e', script, '--', consumer, ...require]
  const env = { ...process.env, XDG_CACHE_HOME: join(cwd, '.cache') }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, { cwd, env })
  const [, json = ''] = stdout.split('\nLOADED ')
  return { ...(JSON.parse(json) as Loaded), stderr }
}
