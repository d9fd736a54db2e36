// The package as npm would publish it, installed into a user's project: by what npm and pnpm lay out, without asking a registry.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { leftovers } from '../support/leftovers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export type PackageName = 'racecar' | 'racecar-embedded'

const homes: Readonly<Record<PackageName, string>> = {
  racecar: root,
  'racecar-embedded': join(root, 'packages/embedded'),
}

/** Where the tarball lies; made once in a run. */
const packing = new Map<PackageName, Promise<string>>()
export function packed(name: PackageName = 'racecar'): Promise<string> {
  const tarball = packing.get(name) ?? pack(homes[name])
  packing.set(name, tarball)
  return tarball
}

async function pack(home: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-pack-'))
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: home })
  const [tarball] = readdirSync(folder)
  return join(folder, tarball!)
}

/** `flat`: as npm lays it out. `linked`: as pnpm does, nothing but links into a store, and no dependency of a dependency. */
export type Layout = 'flat' | 'linked'

export class UserProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'racecar-user-'))

  static async with(layout: Layout, files: Readonly<Record<string, string>>, home = '.'): Promise<UserProject> {
    const project = new UserProject()
    for (const [name, text] of Object.entries(files)) project.write(name, text)
    await project.#install(layout, join(project.folder, home))
    return project
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true })
    writeFileSync(join(this.folder, name), text)
  }

  link(name: string, target: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true })
    symlinkSync(join(this.folder, target), join(this.folder, name))
  }

  async #install(layout: Layout, home: string): Promise<void> {
    const modules = join(home, 'node_modules')
    const place = layout === 'flat' ? modules : join(this.folder, 'node_modules/.store/racecar/node_modules')
    mkdirSync(join(place, 'racecar'), { recursive: true })
    await run('tar', ['-xzf', await packed(), '-C', join(place, 'racecar'), '--strip-components=1'])
    const { dependencies } = JSON.parse(readFileSync(join(place, 'racecar/package.json'), 'utf8'))
    for (const name of Object.keys(dependencies as object)) {
      mkdirSync(dirname(join(place, name)), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), join(place, name))
    }
    mkdirSync(join(modules, '.bin'), { recursive: true })
    if (layout === 'linked') symlinkSync(join(place, 'racecar'), join(modules, 'racecar'))
    for (const bin of ['racecar', 'racecarctl']) symlinkSync(`../racecar/bin/${bin}.js`, join(modules, '.bin', bin))
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** TypeScript's own compiler over the project: what it complains of, or nothing. */
export async function typeErrors(
  { folder }: UserProject,
  options: object,
  include = ['src', 'config'],
): Promise<string> {
  const config = { compilerOptions: { strict: true, noEmit: true, types: [], ...options }, include }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  try {
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: folder })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
