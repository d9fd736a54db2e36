// Options of Racecar for Ruby that there are none of yet. Whoever sets one relies on it, and must not be led to another one that is
// spelled alike and secures less.

import { camelOf, PREFIX } from './names.ts'

/** In camelCase. */
export const NOT_BUILT: readonly string[] = [
  'saslKerberosServiceName',
  'saslKerberosPrincipal',
  'saslKerberosKinitCmd',
  'saslKerberosKeytab',
  'saslKerberosMinTimeBeforeRelogin',
]

/** In whatever spelling, that of a variable included. */
export function isNotBuilt(name: string): boolean {
  const bare = name.startsWith(PREFIX)
    ? name
        .slice(PREFIX.length)
        .replace(/_FILE$/, '')
        .toLowerCase()
    : name
  return NOT_BUILT.includes(camelOf(bare))
}
