import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { missingEnvironment, readConfigFiles } from '../../src/config/config-files.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'racecar-config-'))
  mkdirSync(join(cwd, 'config'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const write = (name: string, text = 'common: {}') => writeFileSync(join(cwd, name), text)
const find = (flags: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  readConfigFiles({ cwd, flags, env })

describe('configuration files', () => {
  it('are none where there are none', async () => {
    expect(await find()).toMatchObject({ sections: [], problems: [], modules: [], names: [] })
  })

  it('are found by convention: one in YAML, one in code', async () => {
    write('config/racecar.yaml', 'common: { workers: 2 }')
    write('config/racecar.mjs', 'throw new Error("is not run here")')
    expect(await find()).toMatchObject({
      sections: [{ source: 'config/racecar.yaml, section common', values: { workers: 2 } }],
      modules: [join(cwd, 'config/racecar.mjs')],
      names: ['config/racecar.yaml', 'config/racecar.mjs'],
    })
  })

  it('are refused where two of a kind stand beside each other', async () => {
    for (const name of ['racecar.yml', 'racecar.yaml', 'racecar.ts', 'racecar.js']) write(`config/${name}`)
    expect((await find()).problems.map(({ sentence }) => sentence)).toEqual([
      'there are config/racecar.yml and config/racecar.yaml: keep one of them',
      'there are config/racecar.ts and config/racecar.js: keep one of them',
    ])
  })

  it('are those that are named, in that order, and no others; a flag goes before the variable', async () => {
    write('config/racecar.yml')
    write('a.yml', 'common: { workers: 1 }')
    write('b.yml', 'common: { workers: 2 }')
    expect((await find({ config: 'b.yml,a.yml' }, { RACECAR_CONFIG: 'c.yml' })).names).toEqual(['b.yml', 'a.yml'])
    expect((await find({}, { RACECAR_CONFIG: 'a.yml' })).names).toEqual(['a.yml'])
    expect((await find({}, { RACECAR_CONFIG: '' })).names).toEqual(['config/racecar.yml'])
  })

  it('that are named and cannot be used are all told', async () => {
    write('a.txt')
    mkdirSync(join(cwd, 'folder.yml'))
    expect((await find({ config: 'no.yml,a.txt,folder.yml' })).problems.map(({ sentence }) => sentence)).toEqual([
      `config names no.yml, which does not exist in ${cwd}`,
      'config names a.txt, which is neither YAML (.yml, .yaml) nor a module (.ts, .mts, .cts, .js, .mjs, .cjs)',
      expect.stringMatching(/^folder\.yml cannot be read: EISDIR/),
    ])
  })

  it('count in the environment of the flag, the variable, NODE_ENV, or in development', async () => {
    const environment = async (flags = {}, env = {}) => (await find(flags, env)).environment
    expect(await environment()).toEqual({ name: 'development', isAsked: false })
    expect(await environment({}, { NODE_ENV: 'test' })).toEqual({ name: 'test', isAsked: false })
    expect(await environment({}, { NODE_ENV: 'test', RACECAR_ENV: 'staging' })).toEqual({
      name: 'staging',
      isAsked: true,
    })
    expect(await environment({ env: 'qa' }, { RACECAR_ENV: 'staging' })).toEqual({ name: 'qa', isAsked: true })
  })
})

describe('an environment that was asked for', () => {
  const files = [
    { name: 'config/racecar.yml', environments: ['production', 'staging'] },
    { name: 'config/racecar.ts', environments: ['qa'] },
  ]
  it.each(['production', 'qa'])('is in one of the files: %s', name => {
    expect(missingEnvironment({ name, isAsked: true }, files)).toBeUndefined()
  })

  it('and is in none of them is an error that names the nearest', async () => {
    expect(missingEnvironment({ name: 'prodution', isAsked: true }, files)?.sentence).toBe(
      'env is prodution, but there is no such section in config/racecar.yml and config/racecar.ts: there are production, staging, qa; did you mean production?',
    )
  })

  it('matters to nobody where nobody asked, or no file has sections', async () => {
    expect(missingEnvironment({ name: 'test', isAsked: false }, files)).toBeUndefined()
    expect(missingEnvironment({ name: 'test', isAsked: true }, [])).toBeUndefined()
  })
})
