// What is not told of a value, whatever option it was given for: people put names and passwords into addresses, and keys where the
// name of their file belongs.

const PEM = /-----BEGIN /

export const isPem = (value: unknown): boolean => typeof value === 'string' && PEM.test(value)

/** As it may be shown. */
export function untold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untold)
  if (typeof value !== 'string') return value
  if (isPem(value)) return '***'
  // Up to the last @ before the next address: a password may hold one, and commas.
  return value
    .replace(/(:\/\/)(?:(?!:\/\/)[\s\S])*@/g, '$1***@')
    .replace(/(^|,)((?:(?!:\/\/)[^,:@])*(?!:\/\/):(?:(?!:\/\/)[\s\S])*@)/g, '$1***@')
}
