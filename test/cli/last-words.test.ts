import { describe, expect, it } from 'vitest'
import { endOf, lastWords } from '../../src/cli/last-words.ts'
import { optionsInForce } from '../../src/cli/options-in-force.ts'
import { loadConfig } from '../../src/config/load.ts'
import { RacecarError } from '../../src/errors.ts'

describe('last words', () => {
  it('are none after a clean end', () => {
    expect(lastWords({ exitCode: 0, why: 'stopped' })).toBe('')
  })

  it('are one sentence with the code and the reason', () => {
    expect(lastWords({ exitCode: 2, why: 'Welcome/0 was killed' })).toBe(
      'racecar ends with exit code 2: Welcome/0 was killed.\n',
    )
    expect(lastWords({ exitCode: 1, why: 'It failed. Mend it.' })).toBe(
      'racecar ends with exit code 1: It failed. Mend it.\n',
    )
  })

  it('of an error that users can meet say what to do; of a bug they show where it is', () => {
    expect(endOf(new RacecarError('ALREADY_RUNNING', 'Another racecar runs.'))).toEqual({
      exitCode: 75,
      why: expect.stringMatching(/^Another racecar runs\. Stop the other one/),
    })
    const bug = endOf(new TypeError('x is undefined'))
    expect(bug.exitCode).toBe(70)
    expect(bug.why).toMatch(/TypeError: x is undefined\n {4}at /)
    expect(endOf('text')).toEqual({ exitCode: 70, why: 'text' })
  })
})

describe('the options in force', () => {
  it('are shown one a line, each with its source', () => {
    const { config, sources } = loadConfig({ env: { RACECAR_WORKERS: '7' }, flags: { brokers: 'a:1,b:2' } })
    const text = optionsInForce(config, sources)
    expect(text).toMatch(/^workers += 7 {2}\(env RACECAR_WORKERS\)$/m)
    expect(text).toMatch(/^brokers += a:1,b:2 {2}\(flag --brokers\)$/m)
    expect(text).toMatch(/^group_id += – {2}\(default\)$/m)
  })
})
