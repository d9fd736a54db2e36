// A bundle lies elsewhere than the files it was made of, so import.meta, __dirname and __filename would not say what their authors
// meant. As a plugin for esbuild: each file that mentions them gets its own, by names that esbuild keeps apart.

import { readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Loader, Plugin } from 'esbuild'

const META = '__racecar_meta'
const FOLDER = '__racecar_dirname'
const FILE = '__racecar_filename'

/** For esbuild's `define`. A name that a file declares itself is left alone. */
export const whereaboutsDefine = { 'import.meta': META, __dirname: FOLDER, __filename: FILE }

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}

export function whereabouts(): Plugin {
  return {
    name: 'racecar-whereabouts',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        if (!/\bimport\s*\.\s*meta\b|\b__(dirname|filename)\b/.test(text)) return undefined
        return { contents: withWhereabouts(path, text), loader: loaders[extname(path)] ?? 'js' }
      })
    },
  }
}

/** On the first line, so that no line moves. */
function withWhereabouts(path: string, text: string): string {
  const hashbang = /^#!.*\n/.exec(text)?.[0] ?? ''
  return hashbang + prefixFor(path) + text.slice(hashbang.length)
}

export function prefixFor(path: string): string {
  const url = JSON.stringify(pathToFileURL(path).href)
  const folder = JSON.stringify(dirname(path))
  const file = JSON.stringify(path)
  return `const ${META}={url:${url},dirname:${folder},filename:${file},main:false,resolve:s=>${RESOLVE}(${url},s)},${FOLDER}=${folder},${FILE}=${file};`
}

const RESOLVE = '__racecar_resolve'

/** Stands at the head of every bundle: what esbuild's own helpers and import.meta.resolve need. */
export function bannerFor(folder: string): string {
  const base = JSON.stringify(pathToFileURL(`${folder}/`).href)
  return (
    'import{createRequire as __racecar_createRequire}from"node:module";import{pathToFileURL as __racecar_url}from"node:url";' +
    `const require=__racecar_createRequire(${base}),${RESOLVE}=(from,to)=>/^(\\.{0,2}\\/|[a-z][a-z\\d+.-]*:)/i.test(to)` +
    '?new URL(to,from).href:__racecar_url(__racecar_createRequire(from).resolve(to)).href;'
  )
}
