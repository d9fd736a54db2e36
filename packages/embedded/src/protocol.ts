// What the user's thread and the broker's thread say to each other.

export interface OpenParams {
  readonly cluster: number
  /** Of each broker; 0: any that is free. */
  readonly ports: readonly number[]
  /** '': in memory. */
  readonly directory: string
  readonly topics: readonly NewTopic[]
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
}

export type Request = {
  readonly id: number
  /** What is not known here is passed on to the program. */
  readonly name: string
  readonly params: object
}

export type Reply =
  | { readonly kind: 'answered'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string; readonly code: string | undefined }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly line: string }

export type LogLevel = 'warn' | 'error'

/** By name, as a promise of its result. */
export type Call = <T = void>(name: string, params: object) => Promise<T>
