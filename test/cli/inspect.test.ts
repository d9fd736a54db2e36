import { describe, expect, it } from 'vitest'
import { policyOf } from '../../src/cli/forked.ts'
import { inspectArgs, patience, takeInspect } from '../../src/cli/inspect.ts'
import { loadConfig } from '../../src/config/load.ts'

describe('--inspect', () => {
  it.each([
    ['--inspect', { brk: false, host: '127.0.0.1', port: 9229 }],
    ['--inspect=9300', { brk: false, host: '127.0.0.1', port: 9300 }],
    ['--inspect=0.0.0.0:1', { brk: false, host: '0.0.0.0', port: 1 }],
    ['--inspect=localhost', { brk: false, host: 'localhost', port: 9229 }],
    ['--inspect-brk=[::1]:65535', { brk: true, host: '[::1]', port: 65_535 }],
  ])('%s is taken out of the arguments, wherever it stands', (arg, inspect) => {
    expect(takeInspect(['-w', '2', arg, 'MyConsumer'])).toEqual({ argv: ['-w', '2', 'MyConsumer'], inspect })
  })

  it('leaves all other arguments as they are', () => {
    expect(takeInspect(['--inspected', 'MyConsumer'])).toEqual({ argv: ['--inspected', 'MyConsumer'] })
  })

  it.each(['--inspect=0', '--inspect=65536', '--inspect=a:b:1', '--inspect=:', '--inspect=host:x'])(
    '%s is refused as wrong usage',
    arg => {
      expect(() => takeInspect([arg])).toThrow(expect.objectContaining({ code: 'USAGE', exitCode: 64 }))
    },
  )

  it('takes back every limit that would end a worker that stands still', () => {
    const { config } = loadConfig({
      flags: { hangTimeout: 1 },
      forced: [{ source: 'flag --inspect', values: patience }],
    })
    const { bootTimeoutMs, hangTimeoutMs } = policyOf(config)
    expect(bootTimeoutMs).toBeGreaterThan(24 * 3_600_000)
    expect(hangTimeoutMs, 'none').toBe(0)
  })

  it('is handed to Node without the port, which is chosen for each worker', () => {
    expect(inspectArgs({ brk: true, host: '::1', port: 1 })).toEqual(['--inspect-brk=::1'])
  })
})
