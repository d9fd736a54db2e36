// What a racecar leaves where anybody could look: files, the arguments and the environment of processes, what a command prints.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from './process.ts'
import { bin } from './racecar-process.ts'

/** Everything that lies there and was not put there by the test. */
export function written(folder: string): string[] {
  const inputs = ['config', 'consumers', 'inputs', 'node_modules']
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !inputs.includes(name))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? written(path) : entry.isFile() ? [`${path}: ${readFileSync(path, 'latin1')}`] : []
  })
}

export function handedOn(pids: readonly number[]): string[] {
  return pids.flatMap(pid => ['cmdline', 'environ'].map(name => readFileSync(`/proc/${pid}/${name}`, 'latin1')))
}

/** racecar as it is typed, with these variables, until it ends. */
export async function run(project: Project, env: Readonly<Record<string, string>>, ...args: string[]) {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: project.folder,
    env: { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (text += chunk))
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, text }
}
