import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../src/cli/command-line.ts'
import { loadConfig } from '../../src/config/load.ts'
import { kebabOf, optionNames, optionOf } from '../../src/config/names.ts'

function read(...argv: string[]) {
  let out = ''
  let err = ''
  const wanted = readCommandLine(argv, '1.2.3', {
    out: text => {
      out += text
    },
    err: text => {
      err += text
    },
  })
  return { wanted, out, err }
}

/** What the loader of options makes of it. */
function configured(...argv: string[]) {
  const { wanted } = read(...argv, 'Welcome')
  if (wanted.kind !== 'run') throw new Error('not to be run')
  return loadConfig({ flags: wanted.flags }).config
}

describe('the command line', () => {
  it('names the consumer, and leaves every option that is not given to weaker sources', () => {
    expect(read('Welcome').wanted).toEqual({ kind: 'run', consumers: ['Welcome'], flags: {} })
  })

  it('may name several', () => {
    expect(read('Welcome', '-w', '2', 'Goodbye').wanted).toEqual({
      kind: 'run',
      consumers: ['Welcome', 'Goodbye'],
      flags: { workers: '2' },
    })
  })

  it('reads flags before and after the name, short, long and with an equals sign', () => {
    for (const argv of [
      ['-w', '3', 'Welcome'],
      ['Welcome', '--workers', '3'],
      ['--workers=3', 'Welcome'],
    ])
      expect(read(...argv).wanted).toEqual({ kind: 'run', consumers: ['Welcome'], flags: { workers: '3' } })
  })

  it('knows aliases, negative numbers, and flags that are switched off', () => {
    expect(configured('--parallel-workers', '4').workers).toBe(4)
    expect(configured('--pause-timeout', '-1').pauseTimeout).toBe(-1)
    expect(configured('--serial').serial).toBe(true)
    expect(configured('--no-serial').serial).toBe(false)
  })

  it('takes a list with commas, or the flag several times', () => {
    expect(configured('--brokers', 'a:1,b:2').brokers).toEqual(['a:1', 'b:2'])
    expect(configured('--brokers', 'a:1', '--brokers', 'b:2').brokers).toEqual(['a:1', 'b:2'])
    expect(configured('-r', 'one.js', '-r', 'two.js').require).toEqual(['one.js', 'two.js'])
  })

  it('has a flag for every option that is no secret, with its default, in groups', () => {
    const { wanted, out } = read('--help')
    expect(wanted).toEqual({ kind: 'end', exitCode: 0 })
    const flags = new Set([...out.matchAll(/--[a-z-]+/g)].map(([flag]) => flag))
    for (const name of optionNames)
      expect([name, flags.has(`--${kebabOf(name)}`)]).toEqual([name, !optionOf(name).secret])
    for (const group of ['Kafka:', 'Workers:', 'Timeouts:', 'Logging:']) expect(out).toContain(`\n${group}\n`)
    expect(out).toContain('(RACECAR_SHUTDOWN_TIMEOUT, default: 25)')
    expect(out).not.toContain('--no-serial')
  })

  it('takes what is secret, for others to refuse it with the cure, and repeats no value of a flag that nobody knows', () => {
    expect(read('--sasl-password', 'hunter2', 'A').wanted).toMatchObject({ flags: { saslPassword: 'hunter2' } })
    for (const typed of ['--sasl-pasword=hunter2', '--sasl-pasword=a=hunter2\nhunter3']) {
      const { wanted, err } = read(typed, 'A')
      expect(wanted).toEqual({ kind: 'end', exitCode: 64 })
      expect(err).toMatch(/^error: unknown option '-/)
      expect(err).not.toContain('hunter')
    }
  })

  it('has the commands check and config, with the same flags', () => {
    const examine = { kind: 'examine', flags: { workers: '3' } }
    expect(read('check', '-w', '3', 'A', 'B').wanted).toEqual({ ...examine, what: 'check', consumers: ['A', 'B'] })
    expect(read('config', '-w', '3').wanted).toEqual({ ...examine, what: 'config', consumers: [] })
    expect(read('--help').out).toContain('racecar check <Consumer>')
  })

  it('has the commands init and generate, which ask for nothing that racecar has options for', () => {
    const name = { className: 'ExampleConsumer', file: 'example-consumer', topic: 'example' }
    const init = { isInit: true, name, topic: 'example' }
    expect(read('init').wanted).toEqual({ kind: 'generate', generation: { ...init, force: false } })
    expect(read('init', '--force').wanted).toEqual({ kind: 'generate', generation: { ...init, force: true } })
    for (const command of ['generate', 'g'])
      expect(read(command, 'consumer', 'tap_dance', '--topic', 'moves').wanted).toMatchObject({
        generation: { isInit: false, name: { className: 'TapDanceConsumer' }, topic: 'moves', force: false },
      })
    expect(read('generate', 'consumer', 'TapDance').wanted).toMatchObject({ generation: { topic: 'tap-dance' } })
    const { wanted, out } = read('generate')
    expect(wanted).toEqual({ kind: 'end', exitCode: 0 })
    expect(out).toContain('consumer [options] <name>')
    expect(read('--help').out).toContain('racecar generate ')
  })

  it('prints the version', () => {
    expect(read('--version')).toEqual({ wanted: { kind: 'end', exitCode: 0 }, out: '1.2.3\n', err: '' })
  })

  it.each([
    [[], /missing required argument/],
    [['--nonsense', 'Welcome'], /unknown option '--nonsense'/],
    [['Welcome', 'goodbye'], /starts with a capital: goodbye/],
    [['--workers'], /argument missing/],
    [['welcome'], /starts with a capital/],
    [['check'], /missing required argument/],
    [['config', 'welcome'], /starts with a capital/],
    [['init', 'Welcome'], /too many arguments/],
    [['init', '--workers', '2'], /unknown option '--workers'/],
    [['generate', 'dance'], /unknown command 'dance'/],
    [['generate', 'consumer'], /missing required argument/],
    [['generate', 'consumer', 'x/y'], /of letters and digits, as in TapDance/],
    [['generate', 'consumer', 'A', 'B'], /too many arguments/],
  ])('%j is a usage error: 64, and what is wrong', (argv, says) => {
    const { wanted, err } = read(...argv)
    expect(wanted).toEqual({ kind: 'end', exitCode: 64 })
    expect(err).toMatch(says)
    const command = /^(init|generate consumer|generate|)/.exec(argv.join(' '))![0]
    expect(err).toContain(`Try ${`racecar ${command}`.trim()} --help.`)
  })
})
