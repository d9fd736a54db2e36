// The command that gets tickets, run by the shell in earnest.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'
import { KINIT_MS, runInShell } from '../../../src/security/kinit.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { isAlive } from '../../support/racecar-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'kinit-'))
afterAll(() => rmSync(folder, { recursive: true }))

const failure = (command: string) =>
  runInShell(command, systemClock).then(
    () => undefined,
    (error: unknown) => error,
  )

test('it is the shell’s, and well where it ends with 0', async () => {
  const file = join(folder, 'done')
  await runInShell(`true && echo noise && echo more >&2 && echo "a b" > ${file}`, systemClock)
  expect(readFileSync(file, 'utf8')).toBe('a b\n')
})

test.each<[string, boolean, string]>([
  ['echo first >&2; echo last >&2; exit 3', true, 'sasl_kerberos_kinit_cmd has ended with 3: last. KRB5_TRACE'],
  ['exit 4', true, 'sasl_kerberos_kinit_cmd has ended with 4: without a word'],
  ['no-such-kinit -k', true, 'sasl_kerberos_kinit_cmd has ended with 127: '],
  ['kill -9 $$', true, 'sasl_kerberos_kinit_cmd has been ended by SIGKILL: without a word'],
  [
    `echo "kinit: Cannot contact any KDC for realm 'A.TEST' while getting initial credentials" >&2; exit 1`,
    false,
    'sasl_kerberos_kinit_cmd has ended with 1: kinit: Cannot contact any KDC',
  ],
])('how it fails is told: %s', async (command, isRefusal, says) => {
  expect(await failure(command)).toMatchObject({ isRefusal, message: expect.stringContaining(says) })
})

test('it asks nobody for a password', async () => {
  expect(await failure('read -r password && test -n "$password"')).toMatchObject({ isRefusal: true })
  expect(await failure('exec 3< /dev/tty')).toMatchObject({ isRefusal: true })
})

test('who it leaves in the background holds nothing up', async () => {
  await runInShell(`sleep 1000 & echo $! > ${folder}/background`, systemClock)
  process.kill(Number(readFileSync(`${folder}/background`, 'utf8')), 'SIGKILL')
})

test('it is ended with all that it has started when its time is up', async () => {
  const clock = new FakeClock()
  const file = join(folder, 'pids')
  const running = runInShell(`sleep 1000 & echo $! $$ > ${file}.new; mv ${file}.new ${file}; wait`, clock)
  const outcome = expect(running).rejects.toMatchObject({
    isRefusal: false,
    message: 'sasl_kerberos_kinit_cmd took longer than 30 s, and was ended',
  })
  await expect.poll(() => existsSync(file)).toBe(true)
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  expect(pids.filter(isAlive)).toHaveLength(2)
  await clock.advance(KINIT_MS)
  await outcome
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})
