import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { notePreset } from '../../src/config/presets.ts'
import { createBus } from '../../src/events/bus.ts'
import { surroundings } from '../../src/producer/surroundings.ts'
import { configFor } from '../../src/standalone/config.ts'

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
  const config = loadConfig({ given: { brokers: ['kafka-2:9092'], clientId: 'of-worker' } }).config
  surroundings().worker = { config: Promise.resolve(config), bus: createBus() }
  expect(await configFor({ messageTimeout: 3 })).toEqual({ ...config, messageTimeout: 3 })
  await expect(configFor({ brokers: [] })).rejects.toMatchObject({ code: 'CONFIG' })
})
