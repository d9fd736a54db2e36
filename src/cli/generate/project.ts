// What a project has already, as far as that decides what is written into it: its language, its kind of modules, how it tests, and
// where consumers and tests lie. Reads names and package.json alone.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { RacecarError } from '../../errors.ts'
import { isRecord } from '../../lib/record.ts'
import { isCommonJs, packageOf } from '../../loader/files.ts'
import { FOLDERS } from '../../loader/locate.ts'

/** `tsx`: Node's runner, with TypeScript. */
export type Runner = 'vitest' | 'jest' | 'tsx' | 'node'

export interface Project {
  readonly name: string
  readonly isTypeScript: boolean
  readonly isCommonJs: boolean
  /** package.json says so itself: then Node takes no ES module for one by its text. */
  readonly isOutrightCommonJs: boolean
  readonly runner: Runner
  readonly hasEmbedded: boolean
  /** Folders, from the project's own. */
  readonly consumers: string
  readonly tests: string
}

const TESTS = ['test', 'tests', '__tests__', 'spec'] as const
/** What a build makes is no place to write. */
const MADE: readonly string[] = ['dist/consumers', 'build/consumers']

export const isMade = (folder: string): boolean => MADE.includes(folder)

/** Throws CONFIG where package.json cannot be read. */
export function projectIn(cwd: string): Project {
  const anywhere = join(cwd, 'package.json')
  const { name, isOutrightCommonJs, packages } = readPackage(join(packageOf(anywhere) ?? cwd, 'package.json'))
  const isTypeScript = existsSync(join(cwd, 'tsconfig.json')) || packages.includes('typescript')
  const first = (folders: readonly string[]) => folders.find(folder => existsSync(join(cwd, folder))) ?? folders[0]!
  const runners: readonly Runner[] = ['vitest', 'jest', ...(isTypeScript ? (['tsx'] as const) : [])]
  return {
    // Without the scope of an organisation.
    name: name?.replace(/^@[^/]*\//, '') ?? basename(cwd),
    isTypeScript,
    isCommonJs: isCommonJs(join(cwd, 'any.js')),
    isOutrightCommonJs,
    runner: runners.find(one => packages.includes(one)) ?? 'node',
    hasEmbedded: packages.includes('racecar-embedded'),
    consumers: first(FOLDERS.filter(folder => !isMade(folder))),
    tests: first(TESTS),
  }
}

interface Package {
  readonly name: string | undefined
  readonly isOutrightCommonJs: boolean
  /** What it depends on, for whatever. */
  readonly packages: readonly string[]
}

function readPackage(file: string): Package {
  if (!existsSync(file)) return { name: undefined, isOutrightCommonJs: false, packages: [] }
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const { name, type, dependencies, devDependencies } = isRecord(read) ? read : {}
    const packages = [dependencies, devDependencies].filter(isRecord).flatMap(Object.keys)
    const known = typeof name === 'string' && name !== '' ? name : undefined
    return { name: known, isOutrightCommonJs: type === 'commonjs', packages }
  } catch (cause) {
    throw new RacecarError('CONFIG', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
