// What was thrown, as text: users' code and libraries throw whatever they like, and nothing of it may throw once more here.

/** A property, or undefined where it cannot be read. */
export function read(thing: unknown, name: string): unknown {
  try {
    return (thing as Record<string, unknown> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}

/** Without a throw, whatever `of` has made of that. */
export function isA(thing: unknown, of: unknown): boolean {
  try {
    return thing instanceof (of as new () => unknown)
  } catch {
    return false
  }
}

export const isError = (thrown: unknown): thrown is Error => isA(thrown, Error)

const LONGEST = 4000

export const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text

/** By names alone: whoever throws a whole configuration has a password thrown with it. */
const SECRET = /pass(word|phrase)|secret|token|credential|jaas|authorization|(private|api|access).?key/i

const veiled = (name: string, value: unknown): unknown =>
  SECRET.test(name) && typeof value !== 'object' ? '***' : value

/** What is no error. */
export function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return cut(thrown, LONGEST)
  for (const say of [() => JSON.stringify(thrown, veiled), () => String(thrown)]) {
    try {
      const text: unknown = say()
      // Of a promise, say, JSON has nothing to tell.
      if (typeof text === 'string' && text !== '{}') return cut(text, LONGEST)
    } catch {
      // The next way, then.
    }
  }
  return `what was thrown, ${typeof thrown}, has no words`
}

/** Why, in its own words. */
export function reasonOf(thrown: unknown): string {
  const message = isError(thrown) ? read(thrown, 'message') : undefined
  return typeof message === 'string' ? cut(message, LONGEST) : textOf(thrown)
}
