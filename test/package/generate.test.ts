// What racecar init writes, in projects of every kind, by somebody who has installed the package: it is found and fine, its test passes
// with what the project tests with, it compiles, and it is written as this project itself is.

import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { typeErrors, UserProject } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a module of one of the packages beside us, or of the project; rejects with all that it wrote. */
async function node({ folder }: UserProject, ...args: string[]): Promise<string> {
  // A test runner that knows that it runs in another one reports to that one.
  const { NODE_TEST_CONTEXT: _, VITEST: __, ...env } = process.env
  return promisify(execFile)(process.execPath, args, { cwd: folder, env }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => {
      throw new Error(error.stdout + error.stderr)
    },
  )
}

const installed = (name: string): string => join(root, 'node_modules', name)
const racecar = (project: UserProject, ...args: string[]) => node(project, 'node_modules/.bin/racecar', ...args)

async function initialized(packageJson: object): Promise<UserProject> {
  const project = await UserProject.with('flat', { 'package.json': JSON.stringify(packageJson) })
  symlinkSync(installed('vitest'), join(project.folder, 'node_modules/vitest'))
  await racecar(project, 'init')
  await racecar(project, 'generate', 'consumer', 'TapDance')
  expect(await racecar(project, 'check', 'ExampleConsumer', 'TapDanceConsumer')).toContain(
    'TapDanceConsumer is fine: process of tap-dance, in 1 worker, group tap-dance-consumer.',
  )
  return project
}

/** As this project's own rules have it. */
async function expectTidy(project: UserProject): Promise<void> {
  const rules = { ...JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')), vcs: { enabled: false } }
  project.write('biome.json', JSON.stringify(rules))
  await node(project, installed('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', 'src', 'test')
}

const nodesTests = async (project: UserProject) =>
  expect(await node(project, '--test', '--test-reporter', 'tap')).toMatch(/^# pass 2$/m)
const vitestsTests = async (project: UserProject) =>
  expect(await node(project, 'node_modules/vitest/vitest.mjs', 'run', '--no-color')).toMatch(/Tests +2 passed/)

const vitest = { devDependencies: { vitest: '4' } }
const typescript = { devDependencies: { typescript: '6', vitest: '4' } }
const usual = { target: 'es2023', types: ['node'], skipLibCheck: true }

it.each([
  ['npm init -y', { main: 'index.js', type: 'commonjs' }, nodesTests],
  ['ES modules', { type: 'module' }, nodesTests],
  ['CommonJS with Vitest', vitest, vitestsTests],
  ['ES modules with Vitest', { type: 'module', ...vitest }, vitestsTests],
])('after %s', async (_, packageJson, expectPassing) => {
  using project = await initialized(packageJson)
  await expectPassing(project)
  await expectTidy(project)
})

it.each([
  ['ES modules', { type: 'module', ...typescript }, { module: 'nodenext' }],
  ['CommonJS and bundlers', typescript, { module: 'esnext', moduleResolution: 'bundler' }],
])('in TypeScript, for %s', async (_, packageJson, options) => {
  using project = await initialized(packageJson)
  await vitestsTests(project)
  const include = ['src', 'test']
  expect(await typeErrors(project, { ...usual, ...options, typeRoots: [installed('@types')] }, include)).toBe('')
  await expectTidy(project)
})

it('in TypeScript after npm init -y, where racecar runs it, and its tests need tsx', async () => {
  using project = await initialized({ type: 'commonjs', devDependencies: { typescript: '6' } })
  expect(await racecar(project, 'init')).toContain('  node --import tsx --test ')
  await expectTidy(project)
})

// Since it runs TypeScript by itself.
it.runIf('typescript' in process.features && process.features.typescript).each([
  ['ES modules', { type: 'module' }],
  ['CommonJS', {}],
])('in TypeScript with nothing to test by but Node, for %s', async (_, packageJson) => {
  using project = await initialized({ ...packageJson, devDependencies: { typescript: '6' } })
  await nodesTests(project)
  await expectTidy(project)
})
