// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of the files that are read here.
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { sectionsOfYaml } from '../../src/config/sections.ts'

const FILE = 'config/racecar.yml'
const read = (text: string, { env = 'production', variables = {} }: { env?: string; variables?: object } = {}) =>
  sectionsOfYaml(FILE, text, { name: env, isAsked: false }, variables as Record<string, string>)

const load = async (text: string, variables: Record<string, string> = {}, more: object = {}) =>
  loadConfig({ files: await read(text, { variables }), ...more })

const problems = async (text: string, variables: Record<string, string> = {}): Promise<readonly string[]> => {
  try {
    await load(text, variables)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems.map(({ sentence }) => sentence)
  }
}

describe('a configuration file in YAML', () => {
  it('sets what its common section says, then what the section of the environment says, each with its source', async () => {
    const text = `
common:
  brokers: [kafka-1:9092, kafka-2]
  workers: 2
  group_id_prefix: shop-
production:
  workers: 5
  pause_timeout: 0.5
staging:
  workers: 9
`
    const { config, sources } = await load(text)
    expect(config).toMatchObject({ brokers: ['kafka-1:9092', 'kafka-2:9092'], workers: 5, pauseTimeout: 0.5 })
    expect(sources).toMatchObject({
      brokers: 'config/racecar.yml, section common',
      workers: 'config/racecar.yml, section production',
      groupIdPrefix: 'config/racecar.yml, section common',
      logLevel: 'default',
    })
    expect((await read(text)).environments).toEqual(['production', 'staging'])
  })

  it('may share by anchors and merge keys, as Racecar’s files do', async () => {
    const { config, sources } = await load(
      'base: &base\n  workers: 3\n  serial: yes\nproduction:\n  <<: *base\n  workers: 4\n',
    )
    expect(config).toMatchObject({ workers: 4, serial: true })
    expect(sources.serial).toBe('config/racecar.yml, section production')
  })

  it('is weaker than the class, variables and flags', async () => {
    const text = 'common: { workers: 2, serial: true, fetch_messages: 7, log_level: warn }'
    const more = { classOptions: { workers: 3 }, env: { RACECAR_SERIAL: 'false' }, flags: { logLevel: 'error' } }
    expect((await load(text, {}, more)).config).toMatchObject({
      workers: 3,
      serial: false,
      fetchMessages: 7,
      logLevel: 'error',
    })
  })

  it.each(['', '# nothing', 'common:', 'production:', 'common: {}\n'])('may be empty: %j', async text => {
    expect(await problems(text)).toEqual([])
  })

  it('sets nothing where a value is empty', async () => {
    expect((await load('common:\n  workers:\n  pidfile: ~\n')).sources).toMatchObject({
      workers: 'default',
      pidfile: 'default',
    })
  })

  it('takes names in any spelling, and an option’s own name before its alias', async () => {
    const { config } = await load('common: { max-wait-time: 2, fetchMessages: 9, parallel_workers: 2 }')
    expect(config).toMatchObject({ maxWaitTime: 2, fetchMessages: 9, workers: 2 })
    expect((await load('common: { workers: 4, parallel_workers: 2 }')).config.workers).toBe(4)
  })
})

describe('variables in a file', () => {
  it('are filled in, in lists too, with defaults where they are not set or empty', async () => {
    const text = `
common:
  brokers: ["\${HOST}:9093", "\${OTHER:-b:1,c:2}"]
  workers: \${WORKERS:-4}
  client_id: shop-\${ENV:-}\${EMPTY:-x}
  group_id: $\${plain}
`
    expect((await load(text, { HOST: 'kafka', EMPTY: '' })).config).toMatchObject({
      brokers: ['kafka:9093', 'b:1', 'c:2'],
      workers: 4,
      clientId: 'shop-x',
      groupId: '${plain}',
    })
  })

  it('that are missing are named, once each, with the cure', async () => {
    expect(await problems('common:\n  workers: ${WORKERS}\n  client_id: "${}"\n')).toEqual([
      'workers in config/racecar.yml, section common needs the variable WORKERS, which is not set; set it, or write ${WORKERS:-default}',
      'client_id in config/racecar.yml, section common holds ${…}, which is no variable with a plain default; a plain ${ is written $${',
    ])
  })

  it('are not those of Ruby’s templates, which nobody evaluates here', async () => {
    const text = 'common:\n  group_id_prefix: <%= ENV["PREFIX"] %>\n  brokers: ["<%= broker %>"]\n'
    const cure =
      "holds <%…%>, which is Ruby's: write ${NAME} or ${NAME:-default} for a variable, or use config/racecar.ts"
    expect(await problems(text, { PREFIX: 'shop-' })).toEqual([
      `group_id_prefix in config/racecar.yml, section common ${cure}`,
      `brokers in config/racecar.yml, section common ${cure}`,
    ])
  })

  it('cannot change what the file means', async () => {
    const { config } = await load('common:\n  client_id: ${NAME}\n', { NAME: 'a\nworkers: 9 # \'"' })
    expect(config).toMatchObject({ clientId: 'a\nworkers: 9 # \'"', workers: 1 })
  })
})

describe('what is wrong in a file', () => {
  it.each([
    ['common: { worker: 3 }', 'worker in config/racecar.yml, section common is no option; did you mean workers?'],
    [
      'common: { workers: many }',
      'workers must be a whole number from 0 to 1024, or auto, but config/racecar.yml, section common says "many"',
    ],
    [
      'workers: 3',
      'workers in config/racecar.yml stands outside of any section: put it under common, or under an environment',
    ],
    ['- a', 'config/racecar.yml must hold sections: common, and one for each environment'],
    [
      'common: { env: production }',
      'env cannot be set in a file, but config/racecar.yml, section common does; set it by --env or RACECAR_ENV',
    ],
    ['common:\n  workers: 1\n  workers: 2\n', 'config/racecar.yml:3:3 is no YAML: Map keys must be unique'],
    ['common: [', expect.stringMatching(/^config\/racecar\.yml:1:\d+ is no YAML: /)],
    [
      'common: { brokers: [1, { a: b }] }',
      expect.stringMatching(/^brokers must be .* section common says a list of other things$/),
    ],
  ])('is named with its place: %j', async (text, sentence) => {
    expect(await problems(text)).toEqual([sentence])
  })

  it('is told without what stands there, which may be a secret', async () => {
    for (const text of ['sasl_password: hunter2', '- hunter2'])
      expect(JSON.stringify(await read(text))).toMatch(/"sections":\[\],"problems":\[(?!.*hunter2)/)
  })

  it('is told all at once, with what is wrong elsewhere', async () => {
    const files = await read('common: { workers: many, worker: 1 }\nstray: 1\n')
    const broken = () => loadConfig({ files, env: { RACECAR_SERIAL: 'maybe' }, flags: { 'log-level': 'loud' } })
    expect(broken).toThrow(expect.objectContaining({ problems: expect.objectContaining({ length: 5 }) }))
  })

  it('does not count in sections of other environments, whose variables need not be set here', async () => {
    expect(await problems('staging: { workers: "${NOT_HERE}" }\nproduction: { workers: 2 }')).toEqual([])
  })
})
