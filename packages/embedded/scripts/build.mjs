// Builds the package: Go's program as WebAssembly, Go's glue as a module of ours, the notices of what is inside, and TypeScript.
// What is there already and made of the same sources is left alone; `--pack` squeezes harder, for npm. Without Go only TypeScript is built.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { changes } from './changes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const source = join(root, 'go')
const work = join(root, '.cache')
const env = { ...process.env, GOOS: 'js', GOARCH: 'wasm', GOFLAGS: '-mod=readonly' }
const go = (...args) =>
  execFileSync('go', args, { cwd: source, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const isForNpm = process.argv.includes('--pack')
const quality = isForNpm ? 11 : 5
const stamp = join(dist, 'built.json')
const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')

function fingerprint() {
  const files = readdirSync(source).map(name => readFileSync(join(source, name)))
  return sha256(
    Buffer.concat([
      Buffer.from(go('version') + JSON.stringify(changes)),
      readFileSync(fileURLToPath(import.meta.url)),
      ...files,
    ]),
  )
}

/** Go's glue patches globals and takes the timers it finds: as a function it takes what it is given. */
function glue() {
  const text = readFileSync(join(go('env', 'GOROOT').trim(), 'lib', 'wasm', 'wasm_exec.js'), 'utf8')
  const taken = 'const { fs, path, process } = globalThis'
  return `export function load(globalThis, setTimeout, clearTimeout) {\n${taken}\n${text}\nreturn globalThis.Go\n}\n`
}

/** The licence of each module inside, and of Go itself. */
function notices() {
  const modules = go(
    'list',
    '-deps',
    '-f',
    '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}',
    '.',
  )
  const lines = [...new Set(modules.split('\n').filter(Boolean))].map(line => line.split('\t'))
  lines.unshift([`Go ${go('env', 'GOVERSION').trim()}`, go('env', 'GOROOT').trim()])
  const texts = lines.map(([name, folder]) => {
    const file =
      readdirSync(folder).find(name => /^LICEN[CS]E/.test(name)) ??
      (existsSync(join(folder, '../../LICENSE')) ? '../../LICENSE' : undefined)
    if (!file) throw new Error(`no licence found in ${folder}`)
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `The file kafka.wasm.br contains these works, under these licences.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** Copies of the modules that we change, in a folder whose name is always the same, since it gets into the program; a go.mod that points there. */
function changed() {
  // Where a module is, is only told of one that is there.
  go('mod', 'download')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const copies = new Map()
  for (const { module, file, from, to } of changes) {
    const folder = copies.get(module) ?? copy(module)
    copies.set(module, folder)
    const text = readFileSync(join(folder, file), 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${module}/${file} is not as it was: see scripts/changes.mjs`)
    writeFileSync(
      join(folder, file),
      text.replace(from, () => to),
    )
  }
  const replaced = [...copies].map(([module, folder]) => `replace ${module} => ${relative(source, folder)}\n`)
  writeFileSync(join(work, 'go.mod'), `${readFileSync(join(source, 'go.mod'), 'utf8')}\n${replaced.join('')}`)
  copyFileSync(join(source, 'go.sum'), join(work, 'go.sum'))
  return join(work, 'go.mod')
}

/** Modules are kept read-only: their files are written anew. */
function copy(module) {
  const from = go('list', '-m', '-f', '{{.Dir}}', module).trim()
  const to = join(work, basename(module))
  const files = readdirSync(from, { recursive: true }).filter(
    name => /(\.go|go\.mod)$/.test(name) && !/_test\.go$/.test(name),
  )
  for (const name of files) {
    mkdirSync(dirname(join(to, name)), { recursive: true })
    writeFileSync(join(to, name), readFileSync(join(from, name)))
  }
  return to
}

function compile() {
  const wasm = join(work, 'kafka.wasm')
  go('build', `-modfile=${changed()}`, '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', wasm, '.')
  return readFileSync(wasm)
}

function buildProgram() {
  const built = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {}
  const made = fingerprint()
  if (built.fingerprint === made && built.quality >= quality) return
  console.error('Building the embedded Kafka (half a minute, once).')
  mkdirSync(dist, { recursive: true })
  const wasm = compile()
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
  }
  const packed = brotliCompressSync(wasm, { params })
  writeFileSync(join(dist, 'kafka.wasm.br'), packed)
  writeFileSync(join(dist, 'SHA256SUMS'), `${sha256(packed)}  kafka.wasm.br\n${sha256(wasm)}  kafka.wasm\n`)
  writeFileSync(join(dist, 'go.js'), glue())
  writeFileSync(join(dist, 'NOTICES.txt'), notices())
  writeFileSync(stamp, JSON.stringify({ fingerprint: made, quality }))
}

try {
  buildProgram()
} catch (error) {
  if (isForNpm) throw error
  const why = error.code === 'ENOENT' && error.path === 'go' ? 'Go is not here' : error.message
  console.error(`The embedded Kafka is left out: ${why}. It needs Go 1.26 or newer.`)
}
execFileSync(process.execPath, [join(root, '../../node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit' })
