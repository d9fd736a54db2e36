import { describe, expect, it, vi } from 'vitest'
import type * as Table from '../../src/config/options.ts'

// Of other kinds than the table has yet.
vi.mock('../../src/config/options.ts', async original => {
  const { options } = await original<typeof Table>()
  const { maybeText, integer } = await import('../../src/config/option.ts')
  const secret = { group: 'Kafka', secret: true, about: 'A secret' } as const
  return {
    options: {
      ...options,
      sslKeystorePassword: maybeText({ ...secret, default: undefined }),
      pin: integer({ least: 1000 })({ ...secret, default: 1234 }),
    },
  }
})

const { loadConfig } = await import('../../src/config/load.ts')
const { optionsInForce } = await import('../../src/cli/options-in-force.ts')

const readFile = (path: string): string => {
  if (path === '/run/secrets/password') return 'hunter2\n'
  throw new Error(`ENOENT: no such file or directory, open '${path}'`)
}
const who = { RACECAR_SASL_MECHANISM: 'PLAIN', RACECAR_SASL_USERNAME: 'ann' }
const load = (env: Record<string, string>, more: object = {}) => {
  return loadConfig({ env: { ...who, ...env }, readFile, ...more })
}

describe('a secret', () => {
  it('is read from the file that a variable names, without the new line at its end', () => {
    const { config, sources } = load({ RACECAR_SASL_PASSWORD_FILE: '/run/secrets/password' })
    expect(config.saslPassword).toBe('hunter2')
    expect(sources.saslPassword).toBe('env RACECAR_SASL_PASSWORD_FILE')
  })

  it('in its own variable goes before the file', () => {
    const env = { RACECAR_SASL_PASSWORD: 'direct', RACECAR_SASL_PASSWORD_FILE: '/run/secrets/password' }
    expect(load(env).config.saslPassword).toBe('direct')
  })

  it('whose file cannot be read is named with the path and the variable', () => {
    expect(() => load({ RACECAR_SASL_PASSWORD_FILE: '/nowhere' })).toThrow(
      "sasl_password cannot be read from /nowhere (env RACECAR_SASL_PASSWORD_FILE): ENOENT: no such file or directory, open '/nowhere'",
    )
  })

  it('is the only kind of option that is read from a file', () => {
    expect(() => load({ RACECAR_CLIENT_ID_FILE: '/run/secrets/password' })).toThrow(
      'env RACECAR_CLIENT_ID_FILE is no option',
    )
  })

  it('is shown nowhere: not among the options in force, and not in an error', () => {
    const { config, sources } = load({ RACECAR_SASL_PASSWORD: 'hunter2' })
    const shown = optionsInForce(config, sources)
    expect(shown).toMatch(/^sasl_password +=\s\*\*\* {2}\(env RACECAR_SASL_PASSWORD\)$/m)
    expect(shown).not.toContain('hunter2')
    const files = { sections: [{ source: 'config/racecar.yml, section common', values: { pin: 42 } }], problems: [] }
    for (const sources of [{ env: { RACECAR_PIN: '42' } }, { flags: { pin: '42' } }, { files }]) {
      expect(() => loadConfig(sources)).toThrow(/^pin must be a whole number, at least 1000, but .* says "\*\*\*"$/)
    }
  })
})

describe('secrets among the settings by librdkafka’s names', () => {
  const env = { RACECAR_CONSUMER: 'client.id=a,ssl.keystore.password=hunter2,b,sasl.password=hunter3' }

  it('count, and are shown nowhere', () => {
    const { config, sources } = load(env)
    expect(config.saslPassword).toBe('hunter3')
    const shown = optionsInForce(config, sources)
    expect(shown).toMatch(/^sasl_password +=\s\*\*\* {2}\(consumer: sasl.password\)$/m)
    expect(shown).toMatch(/^consumer +=\sclient.id=a,ssl.keystore.password=\*\*\*,sasl.password=\*\*\* {2}/m)
    expect(shown).not.toContain('hunter')
    expect((config as { sslKeystorePassword?: string }).sslKeystorePassword).toBe('hunter2,b')
  })

  it('are not told in what is wrong with them, or beside them', () => {
    const all = [
      { RACECAR_CONSUMER: 'sasl.oauthbearer.client.secret=hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2', RACECAR_PRODUCER: 'sasl.password=hunter3' },
      { RACECAR_CONSUMER: 'sasl.passwrod.password=hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2,nonsense.name=1' },
      { RACECAR_CONSUMER: 'sasl.password hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2', RACECAR_WORKERS: 'x' },
    ]
    for (const env of all) {
      try {
        load(env)
        expect.unreachable(JSON.stringify(env))
      } catch (error) {
        const { message, problems } = error as { message: string; problems: unknown }
        expect(`${message}${JSON.stringify(problems)}`).not.toContain('hunter')
      }
    }
  })

  it('are not told where they are no list', () => {
    const values = { consumer: { 'sasl.password': 'hunter2' } }
    const files = { sections: [{ source: 'config/racecar.yml, section common', values }], problems: [] }
    try {
      loadConfig({ files })
      expect.unreachable()
    } catch (error) {
      const { message, problems } = error as { message: string; problems: unknown }
      expect(message).toContain('consumer must be a list of key=value')
      expect(`${message}${JSON.stringify(problems)}`).not.toContain('hunter')
    }
  })

  it('overrule the option with a warning that does not tell them either', () => {
    const { warnings } = load({ ...env, RACECAR_SASL_PASSWORD: 'hunter4' })
    expect(warnings).toEqual([
      'consumer: sasl.password goes before sasl_password, which env RACECAR_SASL_PASSWORD sets to something else',
    ])
  })
})
