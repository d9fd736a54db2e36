// A process that lives for one configuration file: imports it, tells what it sets, and ends. What throws, hangs or blocks in it
// does so here. Functions stay behind: each worker imports the file for them.

import { hasPresets, notedPresets } from '../config/presets.ts'
import { errorData } from '../events/error-data.ts'
import { evaluate, failed } from '../loader/config-module.ts'
import type { FromConfig, ToConfig } from '../messages.ts'
import { beDeaf } from './deaf.ts'

// By a flag of ours the program of `node -e` would be run here once more, and start this one again.
process.setSourceMapsEnabled(true)
beDeaf()

process.once('message', message => void answer(message as ToConfig))

async function answer({ module, env }: ToConfig): Promise<void> {
  // What is thrown beside it Node would print with all that it holds.
  process.on('uncaughtException', error => tell({ error: errorData(failed(module, error)) }))
  try {
    const values = plain(await evaluate(module, env, hasPresets)) as Record<string, unknown>
    tell({ values, presets: notedPresets() })
  } catch (error) {
    tell({ error: errorData(error) })
  }
}

// A handle that the file has opened, such as a connection, must not keep this process alive.
const tell = (answer: FromConfig): void => void process.send?.(answer, () => process.exit(0))

/** What can travel: a function where a value should be is told by its kind. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null || depth > 3) return value
  if (Array.isArray(value)) return value.map(one => plain(one, depth + 1))
  const entries = Object.entries(value).filter(([key]) => depth > 0 || key !== 'onError')
  return Object.fromEntries(entries.map(([key, one]) => [key, plain(one, depth + 1)]))
}
