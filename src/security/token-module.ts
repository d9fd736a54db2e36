// A user's function that gives tokens: the default export of a module. It runs in a process of its own, which lives for one token:
// whoever connects may be a primary, which must not hang or end with what the user's code does.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { oneAnswer } from '../lib/one-answer.ts'
import { cut, read } from '../lib/reason.ts'
import { isRecord } from '../lib/record.ts'
import { isExtension } from './extension.ts'
import type { Extensions, TokenSource } from './sasl.ts'
import { expiryIn, type Token, TokenError } from './token.ts'

type Module = Extract<TokenSource, { kind: 'module' }>

/** What that process answers. */
export type FromToken = { readonly given: unknown } | { readonly error: string }

/** Rejects with TokenError. */
export async function tokenFrom({ file }: Module, signal: AbortSignal): Promise<Token> {
  const entry = fileURLToPath(new URL('../entry/token.js', import.meta.url))
  const child = fork(entry, [file], {
    serialization: 'advanced',
    // What it prints is no log; standard output may be read by a program.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const said = await oneAnswer(child, signal)
  const answer = said.answer as FromToken | undefined
  if (answer === undefined) throw new TokenError(`${file} gives none: ${said.how}`)
  if ('error' in answer) throw new TokenError(`${file} gives none: ${answer.error}`)
  return tokenIn(answer.given, file)
}

/** What a function may give: the token itself, or an object with it. */
function tokenIn(given: unknown, file: string): Token {
  const value = typeof given === 'string' ? given : read(given, 'value')
  if (typeof value !== 'string' || value === '')
    throw new TokenError(`${file} must give a token: a text, or { value, expiresAt?, extensions? }`)
  // In it, another attribute could be hidden (RFC 7628, section 3.1).
  if (/[^\x21-\x7e]/.test(value))
    throw new TokenError(`${file} gives what is no token: it holds a blank or a character outside of ASCII`)
  const expiresAt = instantIn(read(given, 'expiresAt'), file) ?? expiryIn(value)
  return { value, expiresAt, extensions: extensionsIn(read(given, 'extensions'), file) }
}

/** In 1973, as milliseconds; what is said in seconds, as tokens do it themselves, would have expired since 1970. */
const LEAST = 1e11

function instantIn(given: unknown, file: string): number | undefined {
  if (given === undefined || given === null) return undefined
  const instant = given instanceof Date ? given.getTime() : given
  if (typeof instant === 'number' && Number.isFinite(instant) && instant >= LEAST) return instant
  throw new TokenError(`${file} gives an expiresAt that is neither a Date nor milliseconds since the epoch`)
}

function extensionsIn(given: unknown, file: string): Extensions | undefined {
  if (given === undefined) return undefined
  const isRight = isRecord(given) && Object.entries(given).every(([key, value]) => isExtension(key, value))
  if (isRight) return given as Extensions
  throw new TokenError(
    `${file} gives extensions that are none: ${cut(JSON.stringify(Object.keys(Object(given))), 300)}`,
  )
}
