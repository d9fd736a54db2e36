// Asks before something is done that cannot be taken back.

import { EXIT } from '../../../errors.ts'
import type { Ground } from '../ground.ts'
import { linesOf } from '../lines.ts'

/** undefined: the answer is yes; else the exit code. Where nobody can be asked it is said how the answer would be yes. */
export async function refusal(
  question: string,
  { yes = false }: { readonly yes?: boolean | undefined },
  { err, input: open }: Ground,
): Promise<number | undefined> {
  if (yes) return undefined
  const input = open()
  if (!input.isTTY) {
    err.write(`${question}\nracecarctl: nobody can be asked here; --yes says so beforehand.\n`)
    return EXIT.usage
  }
  err.write(`${question} [y/N] `)
  for await (const line of linesOf(input))
    return /^y(es)?$/i.test(Buffer.from(line).toString().trim()) ? undefined : EXIT.failure
  return EXIT.failure
}
