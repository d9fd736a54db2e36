// Which configuration files there are, and what those in YAML set. Modules are only found here: they are the user's code, and
// running that is not for this process.

import { existsSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { nameFrom } from '../lib/name-from.ts'
import { nearest } from '../lib/nearest.ts'
import { reasonOf } from '../lib/reason.ts'
import { optionOf } from './names.ts'
import type { Problem } from './problems.ts'
import { type Environment, type Sections, sectionsOfYaml } from './sections.ts'
import type { Given, ReadFile, Section, Variables } from './sources.ts'

export const readFile: ReadFile = path => readFileSync(path, 'utf8')

export interface ConfigFiles {
  /** Of the YAML files, weakest first. */
  readonly sections: readonly Section[]
  readonly problems: readonly Problem[]
  /** Absolute, in the order in which they count. */
  readonly modules: readonly string[]
  /** Those with sections for environments, and which. */
  readonly sectioned: readonly Sectioned[]
  /** All of them, as people know them. */
  readonly names: readonly string[]
  readonly environment: Environment
}

const YAML = ['.yml', '.yaml']
const MODULES = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

export interface Sectioned {
  readonly name: string
  readonly environments: readonly string[]
}

/** An environment that somebody asked for is to be in one file at least, if any has sections. */
export function missingEnvironment({ name, isAsked }: Environment, files: readonly Sectioned[]): Problem | undefined {
  const known = files.flatMap(({ environments }) => environments)
  if (!isAsked || files.length === 0 || known.includes(name)) return undefined
  const where = files.map(file => file.name).join(' and ')
  const meant = nearest(name, known)
  const seen = known.length === 0 ? 'there is none but common' : `there are ${[...new Set(known)].join(', ')}`
  const sentence = `env is ${name}, but there is no such section in ${where}: ${seen}${meant ? `; did you mean ${meant}?` : ''}`
  return { option: 'env', value: name, source: where, sentence }
}

export interface Where {
  readonly cwd: string
  readonly flags: Given
  readonly env: Variables
}

export async function readConfigFiles({ cwd, flags, env }: Where): Promise<ConfigFiles> {
  const environment = environmentOf(flags, env)
  const asked = askedFor(flags.config) ?? askedFor(env.RACECAR_CONFIG)
  const { files, problems } = asked ? named(cwd, asked) : conventional(cwd)
  const nameOf = (file: string): string => nameFrom(cwd, file)
  const yaml = await Promise.all(
    files
      .filter(file => YAML.includes(extname(file)))
      .map(async file => ({ name: nameOf(file), ...(await readYaml(file, { name: nameOf(file), environment, env })) })),
  )
  return {
    sections: yaml.flatMap(({ sections }) => sections),
    problems: [...problems, ...yaml.flatMap(one => one.problems)],
    sectioned: yaml.flatMap(({ name, environments }) => (environments ? [{ name, environments }] : [])),
    modules: files.filter(file => !YAML.includes(extname(file))),
    names: files.map(nameOf),
    environment,
  }
}

const textOf = (raw: unknown): string | undefined =>
  typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined

function environmentOf(flags: Given, env: Variables): Environment {
  const asked = textOf(flags.env) ?? textOf(env.RACECAR_ENV)
  return { name: asked ?? textOf(env.NODE_ENV) ?? String(optionOf('env').default), isAsked: asked !== undefined }
}

function askedFor(raw: unknown): readonly string[] | undefined {
  const list = typeof raw === 'string' ? (optionOf('config').parse(raw) as readonly string[]) : []
  return list.length > 0 ? list : undefined
}

interface Found {
  readonly files: readonly string[]
  readonly problems: readonly Problem[]
}

function named(cwd: string, wanted: readonly string[]): Found {
  const all = wanted.map(one => ({ one, file: resolve(cwd, one) }))
  const wrong = ({ one, file }: { one: string; file: string }): string | undefined => {
    if (!existsSync(file)) return `config names ${one}, which does not exist in ${cwd}`
    if (![...YAML, ...MODULES].includes(extname(file)))
      return `config names ${one}, which is neither YAML (${YAML.join(', ')}) nor a module (${MODULES.join(', ')})`
    return undefined
  }
  const problems = all.flatMap(each => {
    const sentence = wrong(each)
    return sentence === undefined ? [] : [{ option: 'config', value: each.one, source: 'config', sentence }]
  })
  return { files: all.filter(each => wrong(each) === undefined).map(({ file }) => file), problems }
}

function conventional(cwd: string): Found {
  const found = [YAML, MODULES].map(extensions =>
    extensions.map(extension => join(cwd, 'config', `racecar${extension}`)).filter(file => existsSync(file)),
  )
  const problems = found
    .filter(several => several.length > 1)
    .map(several => {
      const names = several.map(file => nameFrom(cwd, file)).join(' and ')
      return { option: 'config', value: names, source: 'config', sentence: `there are ${names}: keep one of them` }
    })
  return { files: found.flatMap(([first]) => (first === undefined ? [] : [first])), problems }
}

interface Reading {
  readonly name: string
  readonly environment: Environment
  readonly env: Variables
}

async function readYaml(file: string, { name, environment, env }: Reading): Promise<Sections> {
  try {
    return await sectionsOfYaml(name, readFileSync(file, 'utf8'), environment, env)
  } catch (error) {
    const why = reasonOf(error)
    const sentence = `${name} cannot be read: ${why}`
    return { sections: [], problems: [{ option: 'config', value: name, source: name, sentence }] }
  }
}
