import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'secret-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a secret from a pipe is read once: nobody may write into it again', () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  // In a process that can be ended: it would wait in there.
  const url = JSON.stringify(new URL('../../../dist/security/secret.js', import.meta.url).href)
  const program = `import { secretOf } from ${url}; process.stdout.write(secretOf('first', ${JSON.stringify(pipe)})())`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 10_000 })
  expect(said.toString()).toBe('first')
})
