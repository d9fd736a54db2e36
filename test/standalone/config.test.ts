import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/options.ts'
import { notePreset } from '../../src/config/presets.ts'
import type { Given } from '../../src/config/sources.ts'
import { createBus } from '../../src/events/bus.ts'
import { surroundings } from '../../src/producer/surroundings.ts'
import { configFor } from '../../src/standalone/config.ts'
import { Authority } from '../support/certificates.ts'

let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'racecar-standalone-'))
  await mkdir(join(folder, 'config'))
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  delete surroundings().worker
  Reflect.deleteProperty(globalThis, Symbol.for('racecar.presets'))
  rmSync(folder, { recursive: true })
})

function worker(given: Given): Config {
  const { config } = loadConfig({ given })
  surroundings().worker = { config: Promise.resolve(config), bus: createBus() }
  return config
}

const write = (name: string, text: string) => writeFile(join(folder, 'config', name), text)

test('a program is configured as a racecar in its folder, and says the last word', async () => {
  await write(
    'racecar.yml',
    'common:\n  client_id: from-file\n  message_timeout: 7\nstaging:\n  brokers: [kafka-1:9092]\n',
  )
  vi.stubEnv('RACECAR_ENV', 'staging')
  vi.stubEnv('RACECAR_CLIENT_ID', 'from-variable')
  const config = await configFor({ messageTimeout: 3, onError: () => {} })
  expect(config).toMatchObject({ brokers: ['kafka-1:9092'], clientId: 'from-variable', messageTimeout: 3 })
})

test('it says the last word over raw settings as well', async () => {
  await write('racecar.yml', 'common:\n  producer: [socket.timeout.ms=5000, compression.type=gzip]\n')
  const config = await configFor({ socketTimeout: 20 })
  expect(config).toMatchObject({ socketTimeout: 20, producerCompressionCodec: 'gzip' })
})

test('a file in code is asked, with its sections, in this process', async () => {
  await write(
    'racecar.mjs',
    "export default ({ env }) => ({ clientId: 'in-' + env, onError() {}, environments: { test: { messageTimeout: 9 } } })",
  )
  vi.stubEnv('RACECAR_ENV', 'test')
  expect(await configFor({})).toMatchObject({ clientId: 'in-test', messageTimeout: 9 })
})

test('a preset that the program has imported counts, without a file in code, for less than what is set', async () => {
  const values = { brokers: ['kafka-3:9096'], securityProtocol: 'ssl', clientId: 'from-preset' }
  notePreset({ name: 'a-preset', sections: [{ source: 'a-preset', values }], problems: [] })
  await write('racecar.yml', 'common:\n  client_id: from-file\n')
  const config = await configFor({})
  expect(config).toMatchObject({ ...values, clientId: 'from-file' })
})

test('all that is wrong is told, with its place', async () => {
  await write('racecar.yml', 'common:\n  clientid: x\n')
  await expect(configFor({ messageTimeout: -1 })).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringMatching(/clientid[\s\S]*message_timeout/),
  })
})

test('in a worker it is the worker’s configuration, whatever there is around it', async () => {
  await write('racecar.yml', 'common:\n  client_id: from-file\n')
  const config = worker({ brokers: ['kafka-2:9092'], clientId: 'of-worker' })
  expect(await configFor({ messageTimeout: 3 })).toEqual({ ...config, messageTimeout: 3 })
  await expect(configFor({ brokers: [] })).rejects.toMatchObject({ code: 'CONFIG' })
})

test('where the worker has ended before it had any, it is the program’s', async () => {
  await write('racecar.yml', 'common:\n  client_id: from-file\n')
  surroundings().worker = { config: Promise.resolve(undefined), bus: createBus() }
  expect(await configFor({})).toMatchObject({ clientId: 'from-file' })
})

test('what only consumers go by is no matter of a producer', async () => {
  await write('racecar.yml', 'common:\n  embedded: true\n  max_wait_time: 2\n')
  const options = { brokers: ['kafka-1:9092'], socketTimeout: 0.5 }
  expect(await configFor(options)).toMatchObject(options)
  worker({})
  expect(await configFor(options)).toMatchObject(options)
})

describe('what secures the connections of a producer in a worker', () => {
  let authority: Authority
  let sslCaLocation: string

  beforeAll(() => {
    authority = new Authority()
    sslCaLocation = authority.certificate
  })
  afterAll(() => authority[Symbol.dispose]())

  test('is looked at together with what the worker has', async () => {
    worker({ securityProtocol: 'ssl' })
    expect(await configFor({ sslCaLocation })).toMatchObject({ securityProtocol: 'ssl', sslCaLocation })
    await expect(configFor({ sslCaLocation: '/nope' })).rejects.toThrow(/^ssl_ca_location \(\/nope, the program\) /)
    await expect(configFor({ sslKeyLocation: '/nope' })).rejects.toThrow(/set ssl_certificate_location/)
  })

  test('needs ssl, which nobody has set', async () => {
    worker({})
    await expect(configFor({ sslCaLocation })).rejects.toThrow(
      'needs security_protocol ssl or sasl_ssl, which nobody has set',
    )
    await expect(configFor({ securityProtocol: 'ssl', sslCaLocation: '/nope' })).rejects.toThrow('/nope')
    expect(await configFor({ securityProtocol: 'ssl', sslCaLocation })).toMatchObject({ sslCaLocation })
  })

  test('may be of no use, where the worker was told to speak in the clear', async () => {
    worker({ securityProtocol: 'plaintext', sslCaLocation: '/nope' })
    expect(await configFor({ messageTimeout: 3 })).toMatchObject({ securityProtocol: 'plaintext' })
  })
})
