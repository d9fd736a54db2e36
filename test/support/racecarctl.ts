// racecarctl run as a user runs it, who sees only the racecars that were started in one folder.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AnswerTo } from '../../src/supervisor/commands.ts'

const bin = fileURLToPath(new URL('../../bin/racecarctl.js', import.meta.url))

export interface CtlResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export const racecarctl = (folder: string, ...args: string[]): Promise<CtlResult> => racecarctlFed('', folder, ...args)

/** One that goes on until it is interrupted, or has nothing more to say. */
export class Watching implements Disposable {
  /** With what it has written by then. */
  readonly closed: Promise<CtlResult>
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess

  constructor(folder: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: at(folder) })
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.stdout += chunk
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk
    })
    this.closed = new Promise(resolve =>
      this.#child.once('close', code => resolve({ code: code ?? -1, stdout: this.stdout, stderr: this.stderr })),
    )
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

/** With this on its standard input. */
export async function racecarctlFed(input: string | Buffer, folder: string, ...args: string[]): Promise<CtlResult> {
  const running = promisify(execFile)(process.execPath, [bin, ...args], { cwd: folder, env: at(folder) })
  // One that ends before it has read everything is judged by what it says.
  running.child.stdin!.on('error', () => {}).end(input)
  try {
    const { stdout, stderr } = await running
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as CtlResult
    if (typeof code !== 'number') throw error
    return { code, stdout, stderr }
  }
}

const at = (folder: string) => ({ ...process.env, XDG_RUNTIME_DIR: folder, TMPDIR: folder })

export async function statusOf(folder: string): Promise<AnswerTo<'status'>> {
  const { code, stdout, stderr } = await racecarctl(folder, 'status', '--json')
  if (code !== 0) throw new Error(`racecarctl status ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
