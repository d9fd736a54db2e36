// The kinds of options that say where tokens come from, and what goes with them.

import { extensionIn, isExtension } from '../security/extension.ts'
import { Expected, kind, orNothing, parseList } from './option.ts'

/** The password for it goes along: in the clear only where it does not leave the machine. */
export const maybeTokenUrl = kind<string | undefined>(
  orNothing(raw => {
    const url = typeof raw === 'string' ? parsed(raw.trim()) : undefined
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
    if (!url || !isSafe || url.username || url.password || url.hash)
      throw new Expected(
        'a URL that begins with https:// (http:// on this machine alone), without a name and a password',
      )
    return url.href
  }),
  'https://…',
)

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

export const saslExtensions = kind<readonly string[]>(raw => {
  const all = parseList(raw)
  const isRight = (one: string): boolean => isExtension(...extensionIn(one))
  if (all.every(isRight)) return all
  throw new Expected('key=value,…, with keys of letters alone, and not auth')
}, 'key=value,…')
