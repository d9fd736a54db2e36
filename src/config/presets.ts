// Options that a module sets by being imported, in a configuration file or at the head of a consumer's: `racecar/heroku`. They are
// noted where every copy of this package finds them, and read when the import has been done. They weigh less than anything that
// somebody has set. What they hold crosses processes, so it holds no secret: of a certificate only where it is.

import type { Problem } from './problems.ts'
import type { Section } from './sources.ts'

export interface Preset {
  /** As it is imported. */
  readonly name: string
  readonly sections: readonly Section[]
  readonly problems: readonly Problem[]
  /** There are no other topics and groups than those that begin so. */
  readonly prefix?: { readonly text: string; readonly source: string }
}

const PRESETS = Symbol.for('racecar.presets')

type Noting = typeof globalThis & { [PRESETS]?: Map<string, Preset> }

export function notePreset(preset: Preset): void {
  const noting = globalThis as Noting
  noting[PRESETS] ??= new Map()
  noting[PRESETS].set(preset.name, preset)
}

export const hasPresets = (): boolean => notedPresets().length > 0

/** In the order of their imports. */
export const notedPresets = (): readonly Preset[] => [...((globalThis as Noting)[PRESETS]?.values() ?? [])]

/** One that a configuration file and a consumer import counts once. */
export const eachOnce = (presets: readonly Preset[]): readonly Preset[] => [
  ...new Map(presets.map(preset => [preset.name, preset])).values(),
]

export interface Named {
  readonly topics: readonly string[]
  readonly groupId: string
}

/** What does not begin as it must. */
export function* unprefixed({ prefix }: Preset, { topics, groupId }: Named): Generator<string> {
  if (prefix === undefined) return
  const must = `does not begin with ${prefix.text} (${prefix.source}), as all topics and groups of this Kafka do`
  for (const topic of topics)
    if (!topic.startsWith(prefix.text)) yield `the topic ${topic} ${must}: subscribe to ${prefix.text}${topic}`
  if (!groupId.startsWith(prefix.text)) yield `the group ${groupId} ${must}: leave group_id out, or put it in front`
}
