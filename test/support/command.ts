// racecar as it is typed: until it ends, with all that it prints.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Project } from './process.ts'
import { bin, type Exit } from './racecar-process.ts'

export interface Returned {
  readonly exit: Exit
  readonly out: string
  readonly err: string
}

export interface Command {
  readonly child: ChildProcess
  /** Closed: nothing in the background holds its output either. */
  readonly returned: Promise<Returned>
}

export function type(project: Project, ...args: string[]): Command {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: project.folder,
    env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk))
  const returned = new Promise<Returned>(resolve =>
    child.once('close', (code, signal) => resolve({ exit: [code, signal], out, err })),
  )
  return { child, returned }
}
