// What a program starts consumers with. Only the door: everything behind it is loaded by whoever calls it.

import type { OptionValues } from '../config/options.ts'
import type { RunnableConsumer } from '../consumer/consumer.ts'

/** Options as in the reference, in camelCase, before those of the class, of variables and of files. */
export type ProgramOptions = Partial<Omit<OptionValues, 'config' | 'env' | 'daemonize'>>

export interface RunControls {
  /** SIGTERM, SIGINT and SIGQUIT stop it, and SIGUSR1 shows its options, as with the command; true where nothing is said. */
  readonly signals?: boolean
}

export interface Run {
  /** Finishes what is in hand, commits and leaves the group. Resolves when it has ended. */
  stop(): Promise<void>
  /**
   * The exit code that the command would end with, 0 after a clean stop; why it is another one stands on standard error. Rejects
   * only where what run() was given cannot be run at all.
   */
  readonly done: Promise<number>
}

/**
 * Runs a consumer as the command `racecar` does, in a program: configured, logged and known to racecarctl alike. A class runs in this
 * process; the name of one is looked for, and has as many workers as asked for, which node:cluster forks.
 */
export function run(consumer: RunnableConsumer, options?: Omit<ProgramOptions, 'workers'>, controls?: RunControls): Run
export function run(consumer: string, options?: ProgramOptions, controls?: RunControls): Run
export function run(consumer: unknown, options: ProgramOptions = {}, controls: RunControls = {}): Run {
  const starting = import('../cli/run.ts').then(({ start }) => start(consumer, options, controls))
  const done = starting.then(running => running.done)
  return {
    done,
    stop: async () => {
      await (await starting).stop()
    },
  }
}
