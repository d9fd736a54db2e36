// A user's function that gives tokens, in the process that it runs in: what comes of what people write.

import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { tokenFrom as TokenFrom } from '../../../src/security/token-module.ts'

const HOUR = 3_600_000
const never = new AbortController().signal
let folder: string
let tokenFrom: typeof TokenFrom

beforeAll(async () => {
  // As it is installed: its process starts with what is built.
  const built = new URL('../../../dist/security/token-module.js', import.meta.url).href
  ;({ tokenFrom } = (await import(built)) as { tokenFrom: typeof TokenFrom })
  folder = mkdtempSync(join(tmpdir(), 'racecar-provider-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const given = (text: string) => {
  const file = join(folder, `token-${count++}.mjs`)
  writeFileSync(file, text)
  return tokenFrom({ kind: 'module', file }, never)
}
const from = (expression: string) => given(`export default async () => (${expression})`)

test.each<[string, object]>([
  [`'abc'`, { value: 'abc', expiresAt: undefined }],
  [
    `{ value: 'abc', expiresAt: ${HOUR * 1e6}, extensions: { pool: 'blue' } }`,
    { expiresAt: HOUR * 1e6, extensions: { pool: 'blue' } },
  ],
  [`{ value: 'abc', expiresAt: new Date(${HOUR * 1e6}) }`, { value: 'abc', expiresAt: HOUR * 1e6 }],
  [`{ value: 'abc', expiresAt: null, refresh() {} }`, { value: 'abc', expiresAt: undefined }],
])('%s is a token', async (expression, token) => {
  expect(await from(expression)).toMatchObject(token)
})

test.each<[string, RegExp]>([
  ['42', /must give a token: a text, or \{ value, expiresAt\?, extensions\? \}$/],
  ['undefined', /must give a token/],
  ['() => 1', /gives none: .*could not be cloned/],
  [`'Bearer abc'`, /gives what is no token: it holds a blank/],
  [
    `{ value: 'abc', expiresAt: 1700000000 }`,
    /gives an expiresAt that is neither a Date nor milliseconds since the epoch$/,
  ],
  [`{ value: 'abc', expiresAt: '2030-01-01' }`, /gives an expiresAt that is neither/],
  [`{ value: 'abc', extensions: { auth: 'x' } }`, /gives extensions that are none: \["auth"\]$/],
  [`process.exit(3)`, /gives none: it ended its process with 3$/],
])('%s is told for what it is', async (expression, message) => {
  await expect(from(expression)).rejects.toMatchObject({ name: 'TokenError', message: expect.stringMatching(message) })
})

test('a module that exports no function is told for what it is', async () => {
  await expect(given('export const token = 1')).rejects.toThrow(
    'its default export must be a function that gives a token',
  )
})

test('a function that blocks is ended, though whoever wanted its token has gone before', async () => {
  const file = join(folder, 'blocking.mjs')
  writeFileSync(file, `export default () => { console.error('blocks'); for (;;); }`)
  const entry = fileURLToPath(new URL('../../../dist/entry/token.js', import.meta.url))
  const child = fork(entry, [file], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  await once(child.stderr!, 'data')
  child.disconnect()
  const giveUp = setTimeout(() => child.kill('SIGTERM'), 30_000)
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  clearTimeout(giveUp)
})

test('of a program that stands on the command line nothing is run again', async () => {
  const file = join(folder, 'plain.mjs')
  writeFileSync(file, `export default () => 'abc'`)
  const built = new URL('../../../dist/security/token-module.js', import.meta.url).href
  const program = `console.log('begins'); import('${built}').then(({ tokenFrom }) =>
    tokenFrom({ kind: 'module', file: '${file}' }, new AbortController().signal)).then(({ value }) => console.log(value))`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', program], { timeout: 10_000 })
  expect([stdout, stderr]).toEqual(['begins\nabc\n', ''])
})

test('what is thrown beside it is told without what it holds', async () => {
  const file = join(folder, 'stray.mjs')
  const stray = `Promise.reject(Object.assign(new Error('no way'), { request: { pass: 'hunter2' } }))`
  writeFileSync(file, `export default () => { ${stray}; return new Promise(() => {}) }`)
  const entry = fileURLToPath(new URL('../../../dist/entry/token.js', import.meta.url))
  const child = fork(entry, [file], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', text => (said += text))
  let answer: unknown
  child.on('message', message => (answer = message))
  await once(child, 'close')
  expect([answer, said]).toEqual([{ error: 'no way' }, ''])
})
