// A package that a user may have installed or not: of the user's project, or else the one beside this package.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** undefined: it is not installed. Rejects where it is and cannot be imported. */
export async function importOptional(
  name: string,
  cwd: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = findOptional(name, cwd)
  return found === undefined ? undefined : import(pathToFileURL(found).href)
}

/** The file that it would be imported from; undefined: it is not installed. */
export function findOptional(name: string, cwd: string): string | undefined {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    const found = find(name, from)
    if (found !== undefined) return found
  }
  return undefined
}

function find(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name)
  } catch {
    return undefined
  }
}
