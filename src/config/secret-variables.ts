// The variables that may hold a secret. Those who need one get it told over a channel, so no child process needs them.

import { optionNames, optionOf, spellingsOf, variableOf } from './names.ts'

export const secretVariables: readonly string[] = optionNames
  .filter(name => optionOf(name).secret || optionOf(name).mask)
  .flatMap(name => spellingsOf(name).map(variableOf))

/** For a child. */
export const withoutSecrets = <E extends Readonly<Record<string, string | undefined>>>(env: E): E =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !secretVariables.includes(name))) as E
