// racecarctl liveness-probe: whether a racecar that touches a file has done so lately. It runs every few seconds, so it asks nobody,
// looks at the options of that file alone, and reads no more than it must.

import { lstat } from 'node:fs/promises'
import { livenessFileOf } from '../../config/liveness-options.ts'
import { loadConfig } from '../../config/load.ts'
import { camelOf, optionOf, variableOf } from '../../config/names.ts'
import type { Sections } from '../../config/sections.ts'
import type { Given } from '../../config/sources.ts'
import { EXIT } from '../../errors.ts'
import { asSentence } from '../../lib/sentence.ts'
import { exitCodeOf } from './exit-code.ts'
import type { Ground } from './ground.ts'
import { span } from './words.ts'

export interface LivenessProbeOptions {
  readonly config?: string | undefined
  readonly env?: string | undefined
  readonly livenessProbeFilePath?: string | undefined
  readonly livenessProbeMaxInterval?: string | undefined
  readonly livenessProbeSkipConfigFiles?: true | undefined
}

export const livenessProbe = (options: LivenessProbeOptions, ground: Ground): Promise<number> =>
  exitCodeOf(async () => {
    const probed = await settle(options, ground)
    const trouble = await troubleOf(probed, ground)
    if (trouble === undefined) return EXIT.clean
    for (const sentence of [trouble, ...probed.overlooked]) ground.err.write(`racecarctl: ${asSentence(sentence)}\n`)
    return EXIT.failure
  }, ground)

interface Probed {
  readonly file: string
  readonly maxIntervalMs: number
  /** What is wrong with the files, and may be why it looks in the wrong place. */
  readonly overlooked: readonly string[]
}

async function troubleOf({ file, maxIntervalMs }: Probed, { clock }: Ground): Promise<string | undefined> {
  const stat = await lstat(file).catch(() => undefined)
  if (!stat?.isFile())
    return `there is no liveness file ${file}: racecar has ended, has not started yet, or runs without liveness_probe_enabled.`
  const ageMs = clock.epoch() - stat.mtimeMs
  // In the future it lies where the clock was set back, until it is touched again.
  if (Math.abs(ageMs) < maxIntervalMs) return undefined
  const when = ageMs < 0 ? `${span(-ageMs)} ahead of the clock` : `${span(ageMs)} ago`
  return `the last sign of life was ${when}, more than ${span(maxIntervalMs)} (liveness_probe_max_interval): ${file}.`
}

/** Nothing else that is wrong with the options, or with the files by now, is a reason to end who runs with them. */
async function settle({ config, env: name, ...flags }: LivenessProbeOptions, ground: Ground): Promise<Probed> {
  const env = Object.fromEntries(Object.entries(ground.env).filter(([variable]) => variable.startsWith(VARIABLES)))
  const { sections, problems } = isAlone(flags, ground) ? nothing : await readFiles({ config, env: name }, ground)
  const ours = problems.filter(({ option }) => isOurs(option))
  const { livenessProbeFilePath, livenessProbeMaxInterval } = loadConfig({
    files: { sections, problems: ours },
    env,
    flags,
  }).config
  return {
    file: livenessFileOf(livenessProbeFilePath),
    maxIntervalMs: livenessProbeMaxInterval * 1000,
    overlooked: problems.map(({ sentence }) => sentence),
  }
}

const OURS = 'livenessProbe'
const VARIABLES = variableOf(OURS)
const isOurs = (key: string): boolean => camelOf(key).startsWith(OURS)

const nothing: Sections = { sections: [], problems: [] }

function isAlone({ livenessProbeSkipConfigFiles: flag }: LivenessProbeOptions, { env }: Ground): boolean {
  const skip = 'livenessProbeSkipConfigFiles'
  const raw = flag ?? env[variableOf(skip)]
  try {
    return raw !== undefined && raw !== '' && optionOf(skip).parse(raw) === true
  } catch {
    // What is wrong with it is told with all else.
    return false
  }
}

async function readFiles(flags: Given, { cwd, env }: Ground): Promise<Sections> {
  const { findConfig } = await import('../config.ts')
  // Nobody listens for signals here: they end the process.
  const { sections } = (await findConfig({ cwd, flags, env, heard: { signals: [], tell: () => {} } }))!
  return {
    problems: sections.problems,
    sections: sections.sections.map(({ source, values }) => ({
      source,
      values: Object.fromEntries(Object.entries(values).filter(([key]) => isOurs(key))),
    })),
  }
}
