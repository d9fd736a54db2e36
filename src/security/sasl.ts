// Who we are to the brokers, and how that is shown: one entry a kind of mechanism. Knows no connection; what is secret is a function.

import type { Secret } from './secret.ts'

export type Sasl = ByPassword | ByToken | ByTicket

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

/** By Kerberos. */
export interface ByTicket {
  readonly mechanism: 'GSSAPI'
  /** What brokers are called: that, and the host by which each is reached. */
  readonly serviceName: string
  /** Who we are, with or without a realm; undefined: whoever's key or ticket comes first. */
  readonly principal: string | undefined
  readonly tickets: TicketSource
}

/** Where tickets come from. */
export type TicketSource =
  /** The key is in a file, and Kerberos gets and renews tickets by itself. */
  | { readonly kind: 'keytab'; readonly file: string }
  /** A command puts them into the cache; it went well once more than `againMs` ago: it is run again. 0: never. */
  | {
      readonly kind: 'command'
      readonly command: string
      /** What stands in it as `%{name}`. */
      readonly values: Readonly<Record<string, string | undefined>>
      readonly againMs: number
    }
  /** Somebody else sees to the cache. */
  | { readonly kind: 'cache' }
