import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { racecarctl } from '../../../src/cli/racecarctl.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { Rig } from './rig.ts'

const now = Date.UTC(2026, 0, 1)

function touched(rig: Rig, agoMs: number, name = 'alive'): string {
  const file = join(rig.home, name)
  writeFileSync(file, '')
  utimesSync(file, (now - agoMs) / 1000, (now - agoMs) / 1000)
  return file
}

const probe = (rig: Rig, env: Record<string, string>, ...args: string[]): Promise<number> =>
  racecarctl(['liveness-probe', ...args], rig.ground({ env, clock: new FakeClock(now) }))

it.each([
  [4999, 0, ''],
  [5000, 1, 'the last sign of life was 5 s ago, more than 5 s (liveness_probe_max_interval): '],
  [3_605_000, 1, 'the last sign of life was 1 h ago, more than 5 s'],
  // The clock was set back, and nothing has touched it since.
  [-5000, 1, 'the last sign of life was 5 s ahead of the clock, more than 5 s'],
  [-4999, 0, ''],
])('a file that was touched %s ms ago: %s', async (agoMs, code, words) => {
  await using rig = new Rig()
  expect(await probe(rig, { RACECAR_LIVENESS_PROBE_FILE_PATH: touched(rig, agoMs) })).toBe(code)
  expect(rig.out).toBe('')
  if (code === 0) expect(rig.err).toBe('')
  else expect(rig.err).toContain(`racecarctl: ${words}`)
})

it('without a file it says what may be the reason', async () => {
  await using rig = new Rig()
  const file = join(rig.home, 'alive')
  expect(await probe(rig, { RACECAR_LIVENESS_PROBE_FILE_PATH: file })).toBe(1)
  expect(rig.err).toBe(
    `racecarctl: there is no liveness file ${file}: racecar has ended, has not started yet, or runs without liveness_probe_enabled.\n`,
  )
  symlinkSync(touched(rig, 0, 'other'), file)
  expect(await probe(rig, { RACECAR_LIVENESS_PROBE_FILE_PATH: file })).toBe(1)
})

it('the file lies in the temporary folder where nothing else is said, and goes by the old name of the command', async () => {
  await using rig = new Rig()
  vi.stubEnv('TMPDIR', rig.home)
  try {
    touched(rig, 0, 'racecar-liveness')
    expect(await racecarctl(['liveness_probe'], rig.ground({ clock: new FakeClock(now) }))).toBe(0)
  } finally {
    vi.unstubAllEnvs()
  }
})

it('options come from flags, variables and the section of the environment, the strongest first', async () => {
  await using rig = new Rig()
  const file = touched(rig, 7000)
  mkdirSync(join(rig.home, 'config'))
  writeFileSync(
    join(rig.home, 'config/racecar.yml'),
    `common: { liveness_probe_file_path: ${file} }\nstaging: { liveness_probe_max_interval: 8 }`,
  )
  const interval = 'RACECAR_LIVENESS_PROBE_MAX_INTERVAL'
  expect(await probe(rig, {})).toBe(1)
  expect(await probe(rig, { RACECAR_ENV: 'staging' })).toBe(0)
  expect(await probe(rig, {}, '--env', 'staging')).toBe(0)
  expect(await probe(rig, { [interval]: '6' }, '--env', 'staging')).toBe(1)
  expect(await probe(rig, { [interval]: '6' }, '--liveness-probe-max-interval', '9')).toBe(0)
})

it.each([
  [{ RACECAR_LIVENESS_PROBE_SKIP_CONFIG_FILES: 'true' }, []],
  [{}, ['--liveness-probe-skip-config-files']],
])('configuration files are not even looked at where they are to be skipped: %j %j', async (env, args) => {
  await using rig = new Rig()
  mkdirSync(join(rig.home, 'config'))
  const file = touched(rig, 0)
  writeFileSync(join(rig.home, 'config/racecar.yml'), 'common: { liveness_probe_max_interval: long }')
  expect(await probe(rig, { RACECAR_LIVENESS_PROBE_FILE_PATH: file })).toBe(78)
  expect(await probe(rig, { ...env, RACECAR_LIVENESS_PROBE_FILE_PATH: file }, ...args)).toBe(0)
})

it('options that are none of its business, and wrong, are no sign of death; its own are told', async () => {
  await using rig = new Rig()
  const others = { RACECAR_WORKERS: 'many', RACECAR_MAX_PAUSE_TIMEOUT: '3', RACECAR_NONSENSE: '1' }
  expect(await probe(rig, { ...others, RACECAR_LIVENESS_PROBE_FILE_PATH: touched(rig, 0) })).toBe(0)
  expect(await probe(rig, { RACECAR_LIVENESS_PROBE_MAX_INTERVAL: 'long' })).toBe(78)
  expect(rig.err).toContain('liveness_probe_max_interval must be a number of seconds from 1 ')
})

it('files that are wrong by now are no sign of death, and are told where there is one', async () => {
  await using rig = new Rig()
  mkdirSync(join(rig.home, 'config'))
  writeFileSync(join(rig.home, 'config/racecar.yml'), 'production: { workers: 1 }\nno: sections')
  const file = { RACECAR_LIVENESS_PROBE_FILE_PATH: touched(rig, 0) }
  expect(await probe(rig, { ...file, RACECAR_ENV: 'staging' })).toBe(0)
  expect(await probe(rig, file, '--config', 'config/other.yml')).toBe(0)
  expect(rig.err).toBe('')
  touched(rig, 9000)
  expect(await probe(rig, file, '--config', 'config/other.yml')).toBe(1)
  expect(rig.err).toContain(`\nracecarctl: config names config/other.yml, which does not exist in ${rig.home}.\n`)
})

it('a file that lacks the variable of its own option is told', async () => {
  await using rig = new Rig()
  mkdirSync(join(rig.home, 'config'))
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file that is read here.
  const text = 'common: { liveness_probe_file_path: "${ALIVE}" }'
  writeFileSync(join(rig.home, 'config/racecar.yml'), text)
  expect(await probe(rig, {})).toBe(78)
  expect(rig.err).toContain('needs the variable ALIVE')
})
