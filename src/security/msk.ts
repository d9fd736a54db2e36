// Tokens for Amazon MSK with IAM: signed here, by the package aws-msk-iam-sasl-signer-js, which belongs to the user, with whatever
// credentials AWS's own chain finds (variables, a profile, a web identity, the instance).

import { reasonOf } from '../lib/reason.ts'
import { importPeer } from './peer.ts'
import type { TokenSource } from './sasl.ts'
import { type Token, TokenError } from './token.ts'

export const PEER = { name: 'aws-msk-iam-sasl-signer-js', major: 1 }

interface Signer {
  readonly generateAuthToken: (options: { region: string }) => Promise<{ token: string; expiryTime: number }>
}

type Msk = Extract<TokenSource, { kind: 'msk' }>

export const regionOf = ({ region }: Msk): string | undefined =>
  region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION

/** Rejects with TokenError. */
export async function tokenFor(msk: Msk): Promise<Token> {
  const region = regionOf(msk)
  if (region === undefined) throw new TokenError('no region of AWS is known: set sasl_aws_region')
  const { generateAuthToken } = (await importPeer(PEER)) as unknown as Signer
  try {
    const { token, expiryTime } = await generateAuthToken({ region })
    return { value: token, expiresAt: expiryTime }
  } catch (cause) {
    throw new TokenError(`AWS's credentials give none: ${reasonOf(cause)}`, { cause })
  }
}
