import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findBoot, findRequired } from '../../src/loader/required.ts'
import { makePackage } from './package.ts'

const files = {
  'boot.js': '',
  'dance_moves.ts': '',
  'lib/a.ts': '',
  'lib/b.ts': '',
  'lib/b.d.ts': '',
  'lib/deep/c.mjs': '',
  'lib/[x].js': '',
  'node_modules/dotenv/package.json': { main: 'main.js' },
  'node_modules/dotenv/main.js': '',
  'node_modules/dotenv/config.js': '',
}

const found = async (...wanted: string[]): Promise<string[]> => {
  const cwd = await makePackage(files)
  return (await findRequired(cwd, wanted)).map(file => relative(cwd, file))
}

describe('what --require names', () => {
  it.each([
    ['a file', './boot.js', ['boot.js']],
    ['a file without ./', 'boot.js', ['boot.js']],
    ['a file without its extension', 'dance_moves', ['dance_moves.ts']],
    ['a glob, in the order of the alphabet and without declarations', 'lib/*.ts', ['lib/a.ts', 'lib/b.ts']],
    ['a glob with braces', './lib/{b,a}.ts', ['lib/a.ts', 'lib/b.ts']],
    ['a glob into the depth, not into installed packages', '**/*.mjs', ['lib/deep/c.mjs']],
    ['a file that only looks like a glob', 'lib/[x].js', ['lib/[x].js']],
    ['an installed package', 'dotenv', ['node_modules/dotenv/main.js']],
    ['a file of an installed package', 'dotenv/config', ['node_modules/dotenv/config.js']],
  ])('is %s', async (_, wanted, expected) => {
    expect(await found(wanted)).toEqual(expected)
  })

  it('keeps its order, each file once', async () => {
    expect(await found('lib/b.ts', 'boot', 'lib/*.ts')).toEqual(['lib/b.ts', 'boot.js', 'lib/a.ts'])
  })

  it('is refused with everything that leads nowhere', async () => {
    const asked = found('boot.js', './missing.ts', 'no-such-package', 'lib/*.rb', 'lib')
    await expect(asked).rejects.toMatchObject({ code: 'CONFIG', exitCode: 78 })
    await expect(asked).rejects.toThrow(
      'require names "./missing.ts", "no-such-package", "lib/*.rb", "lib", but there is no',
    )
  })
})

describe('what --boot names', () => {
  const boot = async (wanted: string): Promise<string> => {
    const cwd = await makePackage(files)
    return relative(cwd, await findBoot(cwd, wanted))
  }

  it.each([
    ['./boot', 'boot.js'],
    ['dotenv/config', 'node_modules/dotenv/config.js'],
  ])('is one module: %s', async (wanted, expected) => {
    expect(await boot(wanted)).toBe(expected)
  })

  it.each([
    ['./missing.ts', 'boot names "./missing.ts", but there is no such module in /'],
    ['lib/*.ts', 'boot names "lib/*.ts", but there are 2 such modules in /'],
  ])('is refused where it is none or several: %s', async (wanted, says) => {
    const refused = boot(wanted)
    await expect(refused).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(refused).rejects.toThrow(says)
  })
})
