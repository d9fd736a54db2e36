// Who we are to the brokers: name and password, and how they are shown to be ours. Knows no option and no connection.

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export type Mechanism = (typeof MECHANISMS)[number]

export interface Sasl {
  readonly mechanism: Mechanism
  readonly username: string
  /** Shown to nobody. */
  readonly password: string
}
