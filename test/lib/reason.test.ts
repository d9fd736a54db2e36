import { expect, it } from 'vitest'
import { errorData } from '../../src/events/error-data.ts'
import { reasonOf, textOf } from '../../src/lib/reason.ts'

const config = {
  ...{ saslPassword: 'zebra', ssl_key_passphrase: 'zebra', 'sasl.jaas.config': 'zebra', apiKey: 'zebra', pin: 7 },
  headers: { Authorization: 'Bearer zebra' },
  tokens: { accessToken: 'zebra', of: ['kafka'] },
}

it('what is thrown and no error is told without what has a secret’s name in it', () => {
  for (const text of [textOf(config), reasonOf({ cause: config }), JSON.stringify(errorData(config))]) {
    expect(text).not.toContain('zebra')
    expect(text).toContain('kafka')
  }
  expect(JSON.parse(textOf(config))).toMatchObject({ saslPassword: '***', pin: 7, tokens: { of: ['kafka'] } })
})

it('an error is told without its properties, and so are its causes', () => {
  const error = Object.assign(new Error('broken', { cause: config }), { config })
  const chain = new AggregateError([error, config], 'several', { cause: error })
  expect(JSON.stringify([errorData(error), errorData(chain)])).not.toContain('zebra')
  expect(errorData(chain).errors?.map(({ message }) => message)[0]).toBe('broken')
})
