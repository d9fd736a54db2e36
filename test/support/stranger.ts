// Another user of the machine, who may have put something where ours belongs, or comes and looks. It takes root to be one.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin } from './racecar-process.ts'

export const STRANGER = 65_534
/** A user without name or home, as clusters give one to a container. */
export const SOMEBODY = 12_345

export const as = (uid: number): string[] => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']

const read = `require('node:fs').accessSync(${JSON.stringify(bin)})`

/** Others can be made of us, and may read what we run. */
export const canBeStranger =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [...as(STRANGER).slice(1), process.execPath, '-e', read]).status === 0

/** What lies there is theirs from now on; of a link the link itself. */
export function giveAway(...files: string[]): void {
  for (const file of files) lchownSync(file, STRANGER, STRANGER)
}

/** What a command of theirs prints, with its exit code. */
export function strangerDoes(
  command: string,
  ...args: string[]
): { readonly code: number | null; readonly out: string } {
  const { status, stdout, stderr } = spawnSync('setpriv', [...as(STRANGER).slice(1), command, ...args], {
    cwd: '/',
    encoding: 'utf8',
  })
  return { code: status, out: stdout + stderr }
}

/** A process of theirs that does nothing; ended with the test. */
export async function strangersProcess() {
  const child = spawn('setpriv', [...as(STRANGER).slice(1), 'sh', '-c', 'echo ready; exec sleep 600'], { cwd: '/' })
  await once(child.stdout, 'data')
  return {
    pid: child.pid!,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** A folder that all may write to, as /tmp is. */
export class PublicFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'racecar-public-'))

  constructor(mode = 0o1777) {
    chmodSync(this.path, mode)
  }

  at(name: string): string {
    return join(this.path, name)
  }

  folder(name: string, mode = 0o700): string {
    mkdirSync(this.at(name))
    chmodSync(this.at(name), mode)
    return this.at(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
