// racecarctl run as a user runs it, who sees only the racecars that were started in one folder.

import { execFile } from 'node:child_process'
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

/** With this on its standard input. */
export async function racecarctlFed(input: string | Buffer, folder: string, ...args: string[]): Promise<CtlResult> {
  const env = { ...process.env, XDG_RUNTIME_DIR: folder, TMPDIR: folder }
  const running = promisify(execFile)(process.execPath, [bin, ...args], { cwd: folder, env })
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

export async function statusOf(folder: string): Promise<AnswerTo<'status'>> {
  const { code, stdout, stderr } = await racecarctl(folder, 'status', '--json')
  if (code !== 0) throw new Error(`racecarctl status ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
