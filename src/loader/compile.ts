// The users' TypeScript as plain modules in a cache folder, by esbuild, without running any of it. esbuild is loaded when there is
// something to compile, and the process that it starts is ended before this returns.

import { basename, extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildFailure, BuildOptions, BuildResult, Message } from 'esbuild'
import { RacecarError } from '../errors.ts'
import { cacheFolders, keep, openCache } from './cache.ts'
import { resolution } from './resolution.ts'
import { bannerFor, prefixFor, whereabouts, whereaboutsDefine } from './whereabouts.ts'

/** From each entry to the module that was made of it. Throws LOAD_FAILED naming file, line and column of what cannot be read. */
export async function compile(cwd: string, entries: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const cache = await openCache(cacheFolders())
  // Source maps hold relative paths: the build is told a folder as deep as the one that its content will name.
  const outdir = join(cache, 'content')
  const names = new Map(entries.map((entry, index) => [entry, `${index}-${basename(entry, extname(entry))}`]))
  const { outputFiles } = await build(optionsFor(cwd, outdir, names))
  const banner = bannerFor(cwd)
  const files = outputFiles.map(({ path, text }) => ({ name: relative(outdir, path), contents: banner + text }))
  const folder = await keep(cache, files)
  return new Map([...names].map(([entry, name]) => [entry, join(folder, `${name}.mjs`)]))
}

function optionsFor(cwd: string, outdir: string, names: ReadonlyMap<string, string>) {
  return {
    absWorkingDir: cwd,
    entryPoints: [...names].map(([entry, out]) => ({ in: entry, out })),
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    write: false,
    bundle: true,
    // What two entries share exists once.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    // Node's, and not the bundlers' `module`, which esbuild would add.
    conditions: ['node-addons', 'module-sync'],
    keepNames: true,
    sourcemap: 'inline',
    charset: 'utf8',
    logLevel: 'silent',
    define: whereaboutsDefine,
    plugins: [resolution(ownFiles()), whereabouts()],
  } as const satisfies BuildOptions
}

/** This very copy of the framework, built or as TypeScript. */
function ownFiles(): Readonly<Record<string, string>> {
  const extension = extname(fileURLToPath(import.meta.url))
  const own = (path: string): string => fileURLToPath(new URL(`../${path}${extension}`, import.meta.url))
  return {
    racecar: own('index'),
    'racecar/heroku': own('heroku/index'),
    'racecar/testing': own('testing/index'),
  }
}

type Options = ReturnType<typeof optionsFor>

async function build(options: Options): Promise<BuildResult<Options>> {
  const esbuild = await import('esbuild')
  try {
    return await esbuild.build(options)
  } catch (cause) {
    const errors = (cause as Partial<BuildFailure>).errors ?? []
    const sentences =
      errors.length > 0 ? errors.map(one => inWords(one, options.absWorkingDir)) : [(cause as Error).message]
    throw new RacecarError('LOAD_FAILED', sentences.join('\n'), { cause })
  } finally {
    await esbuild.stop()
  }
}

/** `src/consumers/tap-dance-consumer.ts:12:7: Expected ";" but found "foo"`. */
function inWords({ text, location }: Message, cwd: string): string {
  if (!location) return text
  const { file, line, column, lineText } = location
  // What was put in front of the first line is not the author's.
  const prefix = prefixFor(join(cwd, file))
  const before = line === 1 && lineText.startsWith(prefix.slice(0, 20)) ? prefix.length : 0
  return `${file.split(sep).join('/')}:${line}:${column - before + 1}: ${text}`
}
