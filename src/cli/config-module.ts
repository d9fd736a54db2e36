// Asks a process of its own what a configuration file in code sets: the user's code may throw, hang or end its process, and the
// primary must not.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ConfigFiles } from '../config/config-files.ts'
import { withoutSecrets } from '../config/secret-variables.ts'
import { RacecarError } from '../errors.ts'
import { oneAnswer } from '../lib/one-answer.ts'
import type { ConfigModule } from '../loader/config-module.ts'
import type { FromConfig } from '../messages.ts'
import { type Asked, askAll } from '../setup/modules.ts'

export interface Asking {
  readonly cwd: string
  readonly files: ConfigFiles
  readonly timeoutMs: number
  /** Ends it before its time: there is to be a stop. */
  readonly signal: AbortSignal
}

/** Throws CONFIG. When it was aborted there is nothing. */
export const askModules = ({ cwd, files, timeoutMs, signal }: Asking): Promise<Asked> =>
  askAll({
    cwd,
    files,
    evaluate: (module, env) => ask(module, { env, timeoutMs, signal }),
    isOver: () => signal.aborted,
  })

async function ask(
  module: ConfigModule,
  { env, timeoutMs, signal }: { env: string } & Pick<Asking, 'timeoutMs' | 'signal'>,
) {
  const child = fork(fileURLToPath(new URL('../entry/config.js', import.meta.url)), {
    serialization: 'advanced',
    // As each worker imports it, which gets none of them either.
    env: withoutSecrets(process.env),
    // What it prints is no log; standard output may be read by a program.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  child.send({ module, env })
  const said = await oneAnswer(child, signal)
  clearTimeout(timer)
  const answer = said.answer as FromConfig | undefined
  if (answer?.values) return answer
  if (signal.aborted) return { values: {}, presets: [] }
  throw refusal(module, answer, isLate ? `it was not done within boot_timeout (${timeoutMs / 1000} s)` : said.how)
}

function refusal({ name }: ConfigModule, answer: FromConfig | undefined, how: string): RacecarError {
  return new RacecarError('CONFIG', answer?.error?.message ?? `${name} could not be loaded: ${how}.`)
}
