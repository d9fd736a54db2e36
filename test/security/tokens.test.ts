import { beforeEach, describe, expect, test } from 'vitest'
import { expiryIn, type Token, TokenError } from '../../src/security/token.ts'
import { Tokens } from '../../src/security/tokens.ts'
import { FakeClock } from '../support/fake-clock.ts'

const clock = new FakeClock()
const signals: AbortSignal[] = []
let answers: (() => Promise<Token>)[]
let tokens: Tokens
let warnings: string[]

beforeEach(() => {
  answers = []
  warnings = []
  signals.length = 0
  tokens = new Tokens({
    giver: 'the authority',
    clock,
    warn: why => warnings.push(why),
    get: signal => {
      signals.push(signal)
      return answers.shift()!()
    },
  })
})

const token = (value: string, lifetime?: number): Token => {
  return { value, expiresAt: lifetime === undefined ? undefined : clock.epoch() + lifetime }
}
const gives = (value: string, lifetime?: number) => answers.push(async () => token(value, lifetime))
const fails = (error: unknown) => answers.push(() => Promise.reject(error))
const current = async () => (await tokens.current()).value
const failure = () =>
  tokens.current().then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a token', () => {
  test('is kept for 0.6 of its time, and got once for all who want it at the same time', async () => {
    gives('first', 1_000)
    gives('second', 1_000)
    expect(await Promise.all([current(), current(), current()])).toEqual(['first', 'first', 'first'])
    await clock.advance(599)
    expect(await current()).toBe('first')
    await clock.advance(1)
    expect(await current()).toBe('second')
  })

  test('of which nobody knows how long it holds is got for each', async () => {
    gives('first')
    gives('second')
    expect([await current(), await current()]).toEqual(['first', 'second'])
  })

  test('that a broker did not take is not kept, unless another one has come meanwhile', async () => {
    gives('first', 100_000)
    gives('second', 100_000)
    const first = await tokens.current()
    await clock.advance(10_000)
    tokens.drop(first)
    expect(await current()).toBe('second')
    tokens.drop(first)
    expect(await current()).toBe('second')
  })

  test('that a broker does not take has nobody asked for another one all the time', async () => {
    gives('first', 100_000)
    for (let i = 0; i < 10; i++) {
      tokens.drop(await tokens.current())
      await clock.advance(999)
    }
    expect(signals).toHaveLength(1)
  })

  test('is shown on while nobody gives another one, as long as it holds for certain, with one word about it', async () => {
    gives('first', 100_000)
    await current()
    await clock.advance(60_000)
    for (let i = 0; i < 20; i++) fails('away')
    for (let i = 0; i < 3; i++) {
      expect(await current()).toBe('first')
      await clock.advance(9_999)
    }
    expect(warnings).toEqual(['away'])
    await clock.advance(10_000)
    expect(await failure()).toMatchObject({ message: 'away' })
  })

  test('that holds is shown after a second to whoever waits for another one', async () => {
    gives('first', 100_000)
    await current()
    await clock.advance(60_000)
    let give = (_: Token) => {}
    answers.push(() => new Promise(resolve => (give = resolve)))
    const shown = current()
    await clock.advance(1_000)
    expect(await shown).toBe('first')
    give(token('second', 100_000))
    await clock.advance(0)
    expect(await current()).toBe('second')
  })

  test('that has expired is none', async () => {
    gives('old', -1)
    expect(await failure()).toMatchObject({ name: 'TokenError', message: expect.stringMatching(/has expired \(/) })
  })

  test('that is not there is not asked for again at once, and later more seldom', async () => {
    const refusal = new TokenError('no', { isRefusal: true })
    for (let i = 0; i < 3; i++) fails(refusal)
    gives('at last', 1_000)
    expect(await failure()).toBe(refusal)
    expect(await failure()).toBe(refusal)
    expect(answers).toHaveLength(3)
    // The waits are 250 and 500 ms, less up to a third.
    await clock.advance(250)
    expect(await failure()).toBe(refusal)
    await clock.advance(250)
    expect(await failure()).toBe(refusal)
    expect(answers.length).toBeGreaterThanOrEqual(1)
    await clock.advance(1_000)
    while ((await failure()) !== undefined) await clock.advance(1_000)
    expect(await current()).toBe('at last')
  })

  test('that does not come is given up', async () => {
    answers.push(() => new Promise(() => {}))
    const failed = failure()
    await clock.advance(10_000)
    expect(await failed).toMatchObject({
      name: 'TokenError',
      message: 'the authority gives none within 10 s',
      isRefusal: false,
    })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  test('that is not given is told in a sentence, whatever is thrown', async () => {
    fails('nothing here')
    expect(await failure()).toMatchObject({ name: 'TokenError', message: 'nothing here', cause: 'nothing here' })
  })
})

test.each<[string, number | undefined]>([
  [`x.${Buffer.from('{"exp":1700000000}').toString('base64url')}.y`, 1_700_000_000_000],
  [`x.${Buffer.from('{"sub":"geo"}').toString('base64url')}.y`, undefined],
  ['opaque', undefined],
  ['a.b.c', undefined],
])('says itself how long it holds, or does not: %s', (value, expected) => {
  expect(expiryIn(value)).toBe(expected)
})
