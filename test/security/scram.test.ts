import { describe, expect, it } from 'vitest'
import { Scram, ScramError } from '../../src/security/scram.ts'

// The example of RFC 7677, section 3.
const parts = { digest: 'sha256', username: 'user', password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO' } as const
const NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const SERVER_FIRST = `r=${NONCE},s=${SALT},i=4096`
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

describe('SCRAM', () => {
  it('says what RFC 7677 has as its example, and believes that server', async () => {
    const scram = new Scram(parts)
    expect(scram.first).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    expect(await scram.final(SERVER_FIRST)).toBe(`c=biws,r=${NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)
    expect(() => scram.verify(SERVER_FINAL)).not.toThrow()
  })

  it('makes longer proofs with SHA-512', async () => {
    const final = await new Scram({ ...parts, digest: 'sha512' }).final(SERVER_FIRST)
    expect(Buffer.from(final.split(',p=')[1]!, 'base64')).toHaveLength(64)
  })

  it('says another nonce each time, and a name in which nothing can be mistaken', () => {
    const { nonce: _, ...fresh } = parts
    expect(new Scram(fresh).first).not.toBe(new Scram(fresh).first)
    expect(new Scram({ ...parts, username: 'a=b,c' }).first).toMatch(/^n,,n=a=3Db=2Cc,r=/)
  })

  it.each([
    ['another nonce than ours', `r=x${NONCE},s=${SALT},i=4096`, /nonce does not begin with ours/],
    ['nothing of its own in the nonce', `r=${parts.nonce},s=${SALT},i=4096`, /nonce/],
    ['no salt', `r=${NONCE},i=4096`, /no salt/],
    ['too few iterations', `r=${NONCE},s=${SALT},i=4095`, /4095 iterations, which must be from 4096/],
    ['more than anybody needs', `r=${NONCE},s=${SALT},i=2000000000`, /2000000000 iterations/],
    ['iterations that are no number', `r=${NONCE},s=${SALT},i=4e3`, /4e3 iterations/],
    ['an extension', `m=x,${SERVER_FIRST}`, /extension/],
    ['nothing', '', /nonce/],
  ])('answers nothing to a server that says %s', async (_, serverFirst, why) => {
    const answer = new Scram(parts).final(serverFirst)
    await expect(answer).rejects.toThrow(ScramError)
    await expect(answer).rejects.toThrow(why)
  })

  it.each([
    ['signature', 'v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', /does not show that it knows our password/],
    ['length', 'v=6rri', /does not show/],
    ['words', '', /does not show/],
    ['opinion', 'e=invalid-proof', /refuses us: invalid-proof/],
  ])('does not believe a server of another %s', async (_, serverFinal, why) => {
    const scram = new Scram(parts)
    await scram.final(SERVER_FIRST)
    expect(() => scram.verify(serverFinal)).toThrow(why)
  })

  it('believes nobody before it has said anything', () => {
    expect(() => new Scram(parts).verify('v=')).toThrow(ScramError)
  })
})
