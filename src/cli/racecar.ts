// The command `racecar`. Reads the command line, launches, and ends the process: the only place, beside a worker's entry, that
// does.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../errors.ts'
import type { Heard } from '../supervisor/signals.ts'
import { readCommandLine } from './command-line.ts'
import { launch } from './launch.ts'

export interface MainParts {
  readonly argv: readonly string[]
  readonly heard: Heard
}

export async function main({ argv, heard }: MainParts): Promise<never> {
  const { stdout: out, stderr: err, env } = process
  // Whoever read our output may be gone; that is no reason to fail.
  for (const stream of [out, err]) stream.on('error', () => {})
  const version = ownVersion()
  const wanted = readCommandLine(argv, version, { out: text => out.write(text), err: text => err.write(text) })
  if (wanted.kind === 'end') return process.exit(wanted.exitCode)
  const exec = fileURLToPath(new URL('../entry/worker.js', import.meta.url))
  process.once('uncaughtExceptionMonitor', () => {
    process.exitCode = EXIT.bug
  })
  return process.exit(await launch({ ...wanted, env, cwd: process.cwd(), version, heard, out, err, exec }))
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(version)
}
