// Packs what npm publishes, twice: what does not come out the same twice nobody can make again, and compare.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const homes = { racecar: root, 'racecar-embedded': join(root, 'packages/embedded') }
const npm = (home, ...args) =>
  execFileSync('npm', args, { cwd: home, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'inherit'] })
const sumOf = file => createHash('sha256').update(readFileSync(file)).digest('hex')

/** Writes tarball, list of dependencies (CycloneDX) and SHA256SUMS of these packages into `folder`; resolves to the sums by file. */
function release(folder, names) {
  mkdirSync(folder, { recursive: true })
  const sums = new Map()
  for (const name of names) {
    const tarball = pack(name, folder)
    const list = tarball.replace(/\.tgz$/, '.cdx.json')
    writeFileSync(join(folder, list), dependencies(name))
    for (const file of [tarball, list]) sums.set(file, sumOf(join(folder, file)))
  }
  writeFileSync(join(folder, 'SHA256SUMS'), [...sums].map(([file, sum]) => `${sum}  ${file}\n`).join(''))
  return sums
}

function pack(name, folder) {
  const again = mkdtempSync(join(tmpdir(), 'racecar-release-'))
  try {
    const [first, second] = [folder, again].map(to => {
      const [{ filename }] = JSON.parse(npm(homes[name], 'pack', '--json', '--pack-destination', to))
      return { filename, sum: sumOf(join(to, filename)) }
    })
    if (first.sum !== second.sum) throw new Error(`${first.filename} does not come out the same twice`)
    return first.filename
  } finally {
    rmSync(again, { recursive: true, force: true })
  }
}

/** As they were tested, for all systems: of the workspace itself npm sbom leaves out what is a dependency of a tool as well. */
function dependencies(name) {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-release-'))
  try {
    const { devDependencies, workspaces, scripts, ...own } = JSON.parse(readFileSync(join(homes[name], 'package.json')))
    writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
    copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'))
    npm(folder, 'install', '--package-lock-only', '--omit', 'peer', '--no-audit', '--no-fund', '--offline')
    return npm(folder, 'sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'peer')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, , folder, ...names] = process.argv
for (const [file, sum] of release(resolve(folder), names.length > 0 ? names : Object.keys(homes)))
  console.log(`${sum}  ${file}`)
console.log(
  `\nIn ${resolve(folder)}. To publish, from a build server that can vouch for itself: npm publish <tarball> --provenance`,
)
