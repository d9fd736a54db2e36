// Who we are to the brokers, and how that is shown: one entry a kind of mechanism. Knows no connection; what is secret is a function.

import type { Secret } from './secret.ts'

export type Sasl = ByPassword | ByToken

export interface ByPassword {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: Secret
}

/** AWS_MSK_IAM is OAUTHBEARER with a token that we sign ourselves. */
export interface ByToken {
  readonly mechanism: 'OAUTHBEARER' | 'AWS_MSK_IAM'
  readonly from: TokenSource
  /** What is said beside the token (KIP-342). */
  readonly extensions: Extensions
}

export type Extensions = Readonly<Record<string, string>>

/** Where tokens are got from. */
export type TokenSource =
  /** A token endpoint of OAuth 2, by client credentials (RFC 6749, section 4.4). */
  | {
      readonly kind: 'endpoint'
      readonly url: string
      readonly clientId: string
      readonly clientSecret: Secret
      readonly scope: string | undefined
    }
  /** A module whose default export is a function that gives one. */
  | { readonly kind: 'module'; readonly file: string }
  /** undefined: as AWS's own variables say. */
  | { readonly kind: 'msk'; readonly region: string | undefined }
