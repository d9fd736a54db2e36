// What of the user's imports is bundled and what is left to Node, as a plugin for esbuild. Bundled: the package's own files, and
// whatever is TypeScript, wherever it lies. Left alone: installed packages, by absolute address, because the bundle lies elsewhere
// than its sources. This framework is always the running one: a second copy would know nothing of the first.

import { pathToFileURL } from 'node:url'
import type { ImportKind, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import { isCommonJs, isInstalled, isTypeScript, packageOf } from './files.ts'

const BRIDGE = 'racecar-commonjs'
const ASKED = Symbol('asked')

/** `own`: the files of the running framework, by the name under which users import them. */
export function resolution(own: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'racecar-resolution',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async args => {
        if (args.pluginData === ASKED || args.kind === 'entry-point') return undefined
        if (args.namespace === BRIDGE) return { path: args.path, external: true }
        const ours = Object.hasOwn(own, args.path) ? own[args.path] : undefined
        return ours === undefined ? decide(build, args) : leave(ours, args)
      })
      build.onLoad({ filter: /.*/, namespace: BRIDGE }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
        loader: 'js',
      }))
    },
  }
}

async function decide(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, importer, resolveDir, kind, namespace } = args
  const found = await build.resolve(path, { importer, resolveDir, kind, namespace, pluginData: ASKED })
  // A package that is perhaps not there is looked for when it is needed; what is imported outright is missed now, by file and line.
  if (found.errors.length > 0) return isOutright(kind) || isPath(path) ? undefined : { path, external: true }
  if (found.external) return { path: found.path, external: true }
  return found.namespace === 'file' && isLeft(found.path, args) ? leave(found.path, args) : undefined
}

const isOutright = (kind: ImportKind): boolean => kind === 'import-statement'
const isPath = (path: string): boolean => /^\.{0,2}\//.test(path)

function isLeft(file: string, { path, importer, kind }: OnResolveArgs): boolean {
  if (kind === 'require-resolve' || file.endsWith('.node')) return true
  if (isTypeScript(file) || file.endsWith('.json') || isPath(path)) return false
  return isInstalled(file) || packageOf(file) !== packageOf(importer)
}

function leave(file: string, { kind, importer }: OnResolveArgs): OnResolveResult {
  if (kind === 'require-call' || kind === 'require-resolve') return { path: file, external: true }
  // In a CommonJS package `import { chunk } from 'lodash'` means require('lodash').chunk. Node's own import would only find
  // those names of a CommonJS module that it can guess from the text.
  const isMeantAsRequire = isOutright(kind) && isCommonJs(importer) && isCommonJs(file)
  const isBridged = file.endsWith('.node') || isMeantAsRequire
  return isBridged ? { path: file, namespace: BRIDGE } : { path: pathToFileURL(file).href, external: true }
}
