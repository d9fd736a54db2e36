import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { secretOf } from '../../src/security/secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'secret-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a secret from a file is what stands there now; one that is gone or empty is what it was', () => {
  const file = join(folder, 'password')
  const secret = secretOf('first', file)
  expect(secret()).toBe('first')
  writeFileSync(file, 'second\n')
  expect(secret()).toBe('second')
  writeFileSync(file, '')
  expect(secret()).toBe('second')
  rmSync(file)
  expect(secret()).toBe('second')
})
