// What is published, as scripts/release makes it; without asking a registry what it thinks of the dependencies.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'racecar-release-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly link?: true
  readonly dev?: true
  readonly devOptional?: true
  readonly hasInstallScript?: true
}

const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T
const ours = json<Record<'dependencies' | 'devDependencies', Record<string, string>>>(join(root, 'package.json'))

test('it comes with its sums, and a list of all that it depends on', () => {
  const args = [join(root, 'scripts/release.d/pack.mjs'), folder, 'racecar']
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  // Says which one is wrong, and fails.
  execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder })
  const { components } = json<{ components: { name: string; version: string }[] }>(
    join(folder, 'racecar-0.1.0.cdx.json'),
  )
  const listed = Object.fromEntries(components.map(({ name, version }) => [name, version]))
  expect(listed).toMatchObject(ours.dependencies)
  expect(Object.keys(listed).filter(name => /vitest|biome|typescript|hot-shots|^embedded$/.test(name))).toEqual([])
})

test('what it depends on is pinned, known by its sum, and little', () => {
  const all = Object.entries({ ...ours.dependencies, ...ours.devDependencies })
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  const locked = Object.entries(json<{ packages: Record<string, Locked> }>(join(root, 'package-lock.json')).packages)
  const installed = locked.filter(([path, one]) => path.startsWith('node_modules/') && !one.link)
  const forUsers = installed.filter(([, one]) => !one.dev && !one.devOptional)
  expect(forUsers.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  expect(forUsers.filter(([, one]) => one.hasInstallScript).map(([path]) => path)).toEqual(['node_modules/esbuild'])
  expect(Object.keys(ours.dependencies).length).toBeLessThanOrEqual(13)
})
