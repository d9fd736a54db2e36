// Which files are modules, of what kind, and to which package they belong. Looks at names and package.json files alone.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

/** In the order in which they are preferred. */
export const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

const isDeclaration = (file: string): boolean => /\.d\.[cm]?ts$/.test(file)

export const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file) && !isDeclaration(file)

/** A module that somebody wrote to be loaded: neither a declaration nor a test. */
export function isModule(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file) && !isDeclaration(file) && !/\.(test|spec)\.[^.]+$/.test(file)
}

export const isInstalled = (file: string): boolean => /[\\/]node_modules[\\/]/.test(file)

/** The folder of the nearest package.json; undefined where there is none up to the root. */
export function packageOf(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** As Node decides it: by the extension, else by the nearest package.json, which without `type` means CommonJS. */
export function isCommonJs(file: string): boolean {
  const extension = extname(file)
  if (extension.startsWith('.c')) return true
  if (extension.startsWith('.m')) return false
  const folder = packageOf(file)
  return folder === undefined || typeIn(join(folder, 'package.json')) !== 'module'
}

function typeIn(packageJson: string): unknown {
  try {
    return (JSON.parse(readFileSync(packageJson, 'utf8')) as { type?: unknown } | null)?.type
  } catch {
    // Not ours to judge: whoever needs that package will say what is wrong with it.
    return undefined
  }
}
