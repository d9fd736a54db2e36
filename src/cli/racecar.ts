// The command `racecar`. Reads the command line, launches, and ends the process: the only place, beside a worker's entry, that
// does.

import { fileURLToPath } from 'node:url'
import { secretVariables } from '../config/secret-variables.ts'
import { EXIT } from '../errors.ts'
import { putGoneTerminalAside } from '../lib/gone-terminal.ts'
import type { Heard } from '../supervisor/signals.ts'
import { readCommandLine } from './command-line.ts'
import { terminalOf } from './daemonize.ts'
import { examine } from './examine.ts'
import { currentFolder } from './folder.ts'
import type { Generation } from './generate/generate.ts'
import { type Taken, takeInspect } from './inspect.ts'
import { endOf, lastWords, type Uncaught } from './last-words.ts'
import { launch } from './launch.ts'
import { takeNotifying } from './systemd.ts'
import { ownVersion } from './version.ts'

export interface MainParts {
  readonly argv: readonly string[]
  readonly heard: Heard
}

export async function main({ argv, heard }: MainParts): Promise<never> {
  const { stdout: out, stderr: err } = process
  // Whoever read our output may be gone; that is no reason to fail.
  for (const stream of [out, err]) stream.on('error', () => {})
  const version = ownVersion()
  const taken = inspectOf(argv)
  const wanted = readCommandLine(taken.argv, version, { out: text => out.write(text), err: text => err.write(text) })
  if (wanted.kind === 'end') return process.exit(wanted.exitCode)
  if (wanted.kind === 'generate') return process.exit(await said(written(wanted.generation), err))
  const bin = fileURLToPath(new URL('../../bin/racecar.js', import.meta.url))
  const exec = fileURLToPath(new URL('../entry/worker.js', import.meta.url))
  const uncaught = listenForUncaught()
  const terminal = terminalOf(process.env)
  const notifying = takeNotifying(process.env)
  const env = { ...process.env }
  // Nobody whom this process starts is to inherit them, be it a compiler; a report of Node's on this process would show them.
  for (const name of secretVariables) delete process.env[name]
  const here = { env, cwd: currentFolder('racecar'), heard, exec, out }
  const exitCode =
    wanted.kind === 'examine'
      ? await said(examine({ ...wanted, ...here }), err)
      : await launch({
          ...wanted,
          ...here,
          notifying,
          inspect: taken.inspect,
          terminal,
          bin,
          argv,
          version,
          uncaught,
          err,
        })
  putGoneTerminalAside()
  return process.exit(exitCode)
}

function inspectOf(argv: readonly string[]): Taken {
  try {
    return takeInspect(argv)
  } catch (error) {
    const end = endOf(error)
    process.stderr.write(lastWords(end))
    return process.exit(end.exitCode)
  }
}

async function written(generation: Generation): Promise<void> {
  const { generate } = await import('./generate/generate.ts')
  await generate(generation, { cwd: currentFolder('racecar'), out: process.stdout })
}

async function said(examining: Promise<void>, err: NodeJS.WriteStream): Promise<number> {
  const end = await examining.then(() => ({ exitCode: EXIT.clean, why: '' }), endOf)
  if (end.exitCode !== EXIT.clean) err.write(lastWords(end))
  return end.exitCode
}

/** In a primary an error that nobody caught is a bug of ours. Its workers see it go, drain and leave by themselves. */
function listenForUncaught(): Uncaught {
  const uncaught: Uncaught = {
    tell: error => {
      process.stderr.write(lastWords(endOf(error)))
      process.exit(EXIT.bug)
    },
  }
  process.on('uncaughtException', error => uncaught.tell(error))
  process.on('unhandledRejection', error => uncaught.tell(error))
  return uncaught
}
