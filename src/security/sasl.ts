// Who we are to the brokers: name and password, and how they are shown to be ours. Knows no option and no connection.

export type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

export interface Sasl {
  readonly mechanism: Mechanism
  readonly username: string
  /** Shown to nobody. */
  readonly password: string
}
