// Builds the package: Go's program as WebAssembly, Go's glue as a module of ours, the notices of what is inside, and TypeScript.
// What is there already and made of the same sources is left alone; `--pack` squeezes harder, for npm. Without Go only TypeScript is built.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const source = join(root, 'go')
const env = { ...process.env, GOOS: 'js', GOARCH: 'wasm', GOFLAGS: '-mod=readonly' }
const go = (...args) =>
  execFileSync('go', args, { cwd: source, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const isForNpm = process.argv.includes('--pack')
const quality = isForNpm ? 11 : 5
const stamp = join(dist, 'built.json')
const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')

function fingerprint() {
  const files = readdirSync(source).map(name => readFileSync(join(source, name)))
  return sha256(Buffer.concat([Buffer.from(go('version')), readFileSync(fileURLToPath(import.meta.url)), ...files]))
}

/** Go's glue patches globals and takes the timers it finds: as a function it takes what it is given. */
function glue() {
  const text = readFileSync(join(go('env', 'GOROOT').trim(), 'lib', 'wasm', 'wasm_exec.js'), 'utf8')
  return `export function load(globalThis, setTimeout, clearTimeout) {\n${text}\nreturn globalThis.Go\n}\n`
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

function hasGo() {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return false
  }
}

function buildProgram() {
  const built = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {}
  const made = fingerprint()
  if (built.fingerprint === made && built.quality >= quality) return
  console.error('Building the embedded Kafka (half a minute, once).')
  mkdirSync(dist, { recursive: true })
  const plain = join(dist, 'kafka.wasm')
  go('build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', plain, '.')
  const wasm = readFileSync(plain)
  rmSync(plain)
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

if (hasGo()) buildProgram()
else if (isForNpm) throw new Error('racecar-embedded is packed where Go is, 1.26 or newer')
else console.error('Go is not here: the embedded Kafka is left out.')
execFileSync(process.execPath, [join(root, '../../node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit' })
