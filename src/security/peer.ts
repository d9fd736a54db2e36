// Packages that belong to whoever needs them: they are looked for in the user's project.

import { findOptional, importOptional } from '../lib/import-optional.ts'
import { TokenError } from './token.ts'

export interface Peer {
  readonly name: string
  readonly major: number
}

export const isInstalled = ({ name }: Peer): boolean => findOptional(name, process.cwd()) !== undefined

export const installing = ({ name, major }: Peer): string => `npm install ${name}@${major}`

/** Rejects with TokenError where it is missing. */
export async function importPeer(peer: Peer): Promise<Readonly<Record<string, unknown>>> {
  const found = await importOptional(peer.name, process.cwd())
  if (found === undefined) throw new TokenError(`the package ${peer.name} is not installed: ${installing(peer)}`)
  return found
}
