// A process that lives for one token: imports the module that it is given, calls what that exports, tells what came of it, and ends.
// What throws, hangs or blocks in it does so here.

import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { read, reasonOf } from '../lib/reason.ts'
import { isRecord } from '../lib/record.ts'
import { exportedBy } from '../loader/config-module.ts'
import { isTypeScript } from '../loader/files.ts'
import type { FromToken } from '../security/token-module.ts'
import { TOKEN_MS } from '../security/tokens.ts'
import { beDeaf } from './deaf.ts'

// By a flag of ours the program of `node -e` would be run here once more, and start this one again.
process.setSourceMapsEnabled(true)
beDeaf()
// Nobody waits for the token any more.
process.once('disconnect', () => process.exit(1))
// What blocks hears nothing of that, as a program that is waited for with execSync: a thread ends it, soon after nobody waits in any case.
const end = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${TOKEN_MS + 1_000})`
new Worker(end, { eval: true, execArgv: [] }).unref()

// A handle that the module has opened, such as a connection, must not keep this process alive.
const tell = (answer: FromToken): void => void process.send?.(answer, () => process.exit(0))

async function give(file: string): Promise<unknown> {
  const exported = await exportedBy(await runnable(file))
  if (typeof exported !== 'function') throw new TypeError('its default export must be a function that gives a token')
  return exported()
}

async function runnable(file: string): Promise<string> {
  if (!isTypeScript(file)) return file
  const { compile } = await import('../loader/compile.ts')
  return (await compile(process.cwd(), [file])).get(file) ?? file
}

/** What is wanted of it alone: the rest of an object, such as a function, may not go from one process to another. */
const wanted = (given: unknown): unknown =>
  isRecord(given)
    ? { value: read(given, 'value'), expiresAt: read(given, 'expiresAt'), extensions: read(given, 'extensions') }
    : given

// What is thrown beside it Node would print with all that it holds, such as the request with the password.
process.on('uncaughtException', error => tell({ error: reasonOf(error) }))

give(resolve(process.argv[2]!))
  .then(given => tell({ given: wanted(given) }))
  .catch((error: unknown) => tell({ error: reasonOf(error) }))
