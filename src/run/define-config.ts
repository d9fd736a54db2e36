// What config/racecar.ts exports: options, functions, and options by environment. Only types: at run time it hands back what it
// was given.

import type { OptionValues } from '../config/options.ts'
import type { ErrorInfo } from '../runner/failure.ts'

/** Options as in the reference, in camelCase; times in seconds, sizes in bytes. */
export type ConfigSection = { -readonly [K in Exclude<keyof OptionValues, 'config' | 'env'>]?: OptionValues[K] }

export interface ConfigHooks {
  /** Called each time a message, a batch, a delivery or a start fails, in the worker. What it throws is logged and hurts nothing. */
  onError?(error: unknown, info: ErrorInfo): unknown
}

export type ConfigFile = ConfigSection & ConfigHooks & { environments?: Readonly<Record<string, ConfigSection>> }

export interface ConfigContext {
  /** --env, RACECAR_ENV, NODE_ENV, or development. */
  readonly env: string
}

type ConfigFunction = (context: ConfigContext) => ConfigFile | Promise<ConfigFile>

/** For config/racecar.{ts,js,mjs}: `export default defineConfig({ … })`, or a function that returns the same. */
export function defineConfig<C extends ConfigFile | ConfigFunction>(config: C): C {
  return config
}
