// What TESTING.md and MIGRATING.md show, and what examples/tested does, by somebody who has installed the package: the pages' code is run and
// compiled as it stands there, the project's tests are run by both of their runners.

import { execFile } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typeErrors, UserProject } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** Milliseconds that a test of a consumer may take. They take a few; a machine may be busy. */
const FAST = 1000

interface Result {
  readonly file: string
  readonly title: string
  readonly status: string
  readonly duration: number
}

async function node(cwd: string, ...args: string[]): Promise<string> {
  // A test runner that knows that it runs in another one reports to that one.
  const { NODE_TEST_CONTEXT: _, VITEST: __, ...env } = process.env
  return run(process.execPath, args, { cwd, env }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => {
      throw new Error(error.stdout + error.stderr)
    },
  )
}

async function vitest({ folder }: UserProject): Promise<readonly Result[]> {
  const json = await node(folder, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=json')
  const { testResults } = JSON.parse(json) as {
    testResults: readonly { name: string; assertionResults: readonly Omit<Result, 'file'>[] }[]
  }
  return testResults.flatMap(({ name, assertionResults }) => assertionResults.map(one => ({ ...one, file: name })))
}

async function projectOf(files: Readonly<Record<string, string>>): Promise<UserProject> {
  const project = await UserProject.with('flat', files)
  for (const name of ['vitest', 'racecar-embedded'])
    symlinkSync(join(root, 'node_modules', name), join(project.folder, 'node_modules', name))
  return project
}

/** The files of the page: a block whose first line names a file begins it, the others go on with the last one. */
function filesOf(page: string): Record<string, string> {
  const files: Record<string, string> = {}
  let current = ''
  for (const [, text = ''] of page.matchAll(/```ts\n([\s\S]*?)```/g)) {
    current = /^\/\/ ((?:src|config)\/\S+)\n/.exec(text)?.[1] ?? current
    files[current] = `${files[current] ?? ''}\n${text}`
  }
  return files
}

const COMPILED = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  allowImportingTsExtensions: true,
  skipLibCheck: true,
}

describe('TESTING.md', () => {
  const files = filesOf(readFileSync(join(root, 'TESTING.md'), 'utf8'))
  let project: UserProject

  beforeAll(async () => {
    project = await projectOf({ 'package.json': '{ "type": "module" }', ...files })
  })
  afterAll(() => project[Symbol.dispose]())

  it('has tests that pass, and fast', async () => {
    const results = await vitest(project)
    expect(results.length).toBeGreaterThan(10)
    expect(results.filter(({ file }) => file.includes('.kafka.'))).toHaveLength(1)
    // The first test on a Kafka starts it.
    const mayTakeTime = ({ file }: Result) => file.includes('.kafka.')
    const wrong = (result: Result) => result.status !== 'passed' || (result.duration > FAST && !mayTakeTime(result))
    expect(results.filter(wrong)).toEqual([])
  })

  it('has code that compiles', async () => {
    expect(await typeErrors(project, COMPILED)).toBe('')
  })
})

describe('MIGRATING.md', () => {
  let project: UserProject

  beforeAll(async () => {
    const files = filesOf(readFileSync(join(root, 'MIGRATING.md'), 'utf8'))
    project = await projectOf({ 'package.json': '{ "type": "module" }', ...files })
  })
  afterAll(() => project[Symbol.dispose]())

  it('has tests that pass', async () => {
    const results = await vitest(project)
    expect(results.map(({ status }) => status)).toEqual(['passed', 'passed'])
  })

  it('has code that compiles, and a configuration that racecar takes', async () => {
    expect(await typeErrors(project, COMPILED)).toBe('')
    const said = await node(project.folder, 'node_modules/racecar/bin/racecar.js', 'config', 'CreateContactsConsumer')
    expect(said).toMatch(/^brokers += kafka-brokers\.internal:9092 +\(config\/racecar\.ts\)$/m)
    expect(said).toMatch(/^workers += 3 +\(class CreateContactsConsumer\)$/m)
  })
})

describe('examples/tested', () => {
  let project: UserProject

  beforeAll(async () => {
    project = await projectOf({})
    cpSync(join(root, 'examples/tested'), project.folder, {
      recursive: true,
      filter: source => !source.endsWith('node_modules'),
    })
  })
  afterAll(() => project[Symbol.dispose]())

  it('passes on vitest, each test fast', async () => {
    const results = await vitest(project)
    expect(results.length).toBeGreaterThan(5)
    expect(results.filter(({ status, duration }) => status !== 'passed' || duration > FAST)).toEqual([])
  })

  it('passes on node --test, with the same tests', async () => {
    const tap = await node(project.folder, '--test', '--test-reporter=tap', 'test/payment-consumer.node-test.js')
    const titles = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, title]) => title)
    const written = readFileSync(join(project.folder, 'test/payment-consumer.test.js'), 'utf8')
    expect(titles(tap, /^ok \d+ - (.+)$/gm)).toEqual(titles(written, /^test\('(.+)', /gm))
    expect(tap).not.toMatch(/^not ok/m)
    const durations = [...tap.matchAll(/^ {2}duration_ms: ([\d.]+)$/gm)].map(([, ms]) => Number(ms))
    expect(Math.max(...durations)).toBeLessThan(FAST)
  })
})
