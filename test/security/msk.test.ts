// With the real signer, and credentials that are nobody's.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { faultsOf } from '../../src/security/faults.ts'
import { tokenFor } from '../../src/security/msk.ts'

beforeEach(() => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2hunter2')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test('a token for Amazon MSK is a signed address in its region, which holds for a quarter of an hour', async () => {
  const { value, expiresAt } = await tokenFor({ kind: 'msk', region: 'eu-west-1' })
  const url = new URL(Buffer.from(value, 'base64url').toString())
  expect(url.host).toBe('kafka.eu-west-1.amazonaws.com')
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    Action: 'kafka-cluster:Connect',
    'X-Amz-Expires': '900',
    'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/kafka-cluster\/aws4_request$/),
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(url.href).not.toContain('hunter2')
  expect(Math.abs(expiresAt! - Date.now() - 900_000)).toBeLessThan(10_000)
})

test('its region may be a variable of AWS’s; without one a start ends', async () => {
  const sasl = { mechanism: 'AWS_MSK_IAM', from: { kind: 'msk', region: undefined }, extensions: {} } as const
  expect(faultsOf({ tls: null, sasl })).toEqual([
    { option: 'saslMechanism', why: 'needs a region of AWS: set sasl_aws_region or AWS_REGION' },
  ])
  await expect(tokenFor(sasl.from)).rejects.toThrow('no region of AWS is known: set sasl_aws_region')
  vi.stubEnv('AWS_DEFAULT_REGION', 'us-east-1')
  expect(faultsOf({ tls: null, sasl })).toEqual([])
  const { value } = await tokenFor(sasl.from)
  expect(Buffer.from(value, 'base64url').toString()).toMatch(/^https:\/\/kafka\.us-east-1\./)
})

test('where AWS finds no credentials there is none, and the reason is told', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('HOME', '/nowhere')
  await expect(tokenFor({ kind: 'msk', region: 'eu-west-1' })).rejects.toMatchObject({
    name: 'TokenError',
    isRefusal: false,
    message: expect.stringMatching(/^AWS's credentials give none: .*credentials/i),
  })
})
