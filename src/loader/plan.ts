// What the loader hands on: which files a worker imports, all of them JavaScript that Node runs as it is.

import type { ConfigModule } from './config-module.ts'

/** What the primary asks a worker to load: module files, in order, and the consumer's name. Plain data. */
export interface LoadPlan {
  readonly consumer: string
  /** The module to import before everything else. */
  readonly boot?: { readonly module: ConfigModule; readonly env: string }
  /** Configuration files in code, for their functions. */
  readonly config?: { readonly modules: readonly ConfigModule[]; readonly env: string }
  /** Modules to import first (--require). */
  readonly require: readonly string[]
  /** Modules to look for the consumer in, after `require`. */
  readonly candidates: readonly string[]
  /** What the user wrote, of each file that was compiled from it: for what people read. */
  readonly sources?: Readonly<Record<string, string>>
  /** Where else the consumer was looked for in vain: a sentence for the error, should `require` not hold it either. */
  readonly lookedIn?: string
}
