// A command of racecarctl, or several under one name.

import type { Argument, Option } from 'commander'
import type { Ground } from './ground.ts'

export interface CtlCommand {
  readonly about: string
  /** Another name. */
  readonly alias?: string
  /** The one that is to be given without a name. */
  readonly argument?: () => Argument
  readonly options: () => readonly Option[]
  /** What commander has read: of the types that the options above say, and the argument. */
  readonly run: (options: unknown, ground: Ground, argument?: unknown) => Promise<number>
}

export interface CtlFamily {
  readonly about: string
  readonly commands: Commands
}

export interface Commands {
  readonly [name: string]: CtlCommand | CtlFamily
}
