// A file as a person would name it from where he stands.

import { relative } from 'node:path'

export function nameFrom(cwd: string, file: string): string {
  const path = relative(cwd, file)
  return path.startsWith('..') ? file : path
}
