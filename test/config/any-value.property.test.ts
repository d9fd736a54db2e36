import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import { kebabOf, optionNames, optionOf, snakeOf, variableOf } from '../../src/config/names.ts'
import type { OptionName } from '../../src/config/options.ts'
import { ConfigError } from '../../src/config/problems.ts'

const option = fc.constantFrom(...optionNames)

const text = fc.oneof(
  fc.constantFrom(
    'true',
    'no',
    '0',
    '-1',
    '1',
    '2.5',
    '1e3',
    '1024',
    '1025',
    'range',
    'info',
    'a:1,b',
    '[::1]',
    ' ',
    'NaN',
  ),
  fc.double().map(String),
  fc.integer().map(String),
  fc.string({ minLength: 1, unit: 'grapheme' }),
)

const asVariable = (name: OptionName, value: string): Sources => ({ env: { [variableOf(name)]: value } })
const asFlag = (name: OptionName, value: unknown): Sources => ({ flags: { [kebabOf(name)]: value } })
const asClass = (name: OptionName, value: unknown): Sources => ({ classOptions: { [name]: value } })
const asProgram = (name: OptionName, value: unknown): Sources => ({ given: { [name]: value } })

const asFile = (name: OptionName, value: unknown): Sources => ({
  files: {
    sections: [{ source: 'config/racecar.yml, section common', values: { [snakeOf(name)]: value } }],
    problems: [],
  },
})

/** The value that came out, or what was said; never anything else. */
function outcome(name: OptionName, sources: Sources): { value: unknown } | { refused: readonly string[] } {
  try {
    return { value: loadConfig(sources).config[name] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { refused: error.problems.map(problem => problem.option) }
  }
}

describe('any value for any option', () => {
  it('means the same wherever it is set as text, or is refused everywhere under the option’s name', () => {
    fc.assert(
      fc.property(option, text, (name, value) => {
        const first = outcome(name, asVariable(name, value))
        if (optionOf(name).secret) expect(outcome(name, asFlag(name, value))).toEqual({ refused: [snakeOf(name)] })
        else expect(outcome(name, asFlag(name, value))).toEqual(first)
        expect(outcome(name, asProgram(name, value))).toEqual(first)
        if (optionOf(name).perClass) expect(outcome(name, asClass(name, value))).toEqual(first)
        if (!optionOf(name).outside) expect(outcome(name, asFile(name, value))).toEqual(first)
        // Refused for itself, or for what it does not go with.
        if ('refused' in first) expect(new Set(first.refused)).toEqual(new Set([snakeOf(name)]))
      }),
      { numRuns: 1000 },
    )
  })

  it('that is typed means the same as its text', () => {
    const typed = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.constantFrom('a', 'b:1', 'range'), { minLength: 1 }),
    )
    fc.assert(
      fc.property(option, typed, (name, value) => {
        const inProgram = outcome(name, asProgram(name, value))
        // A file may not hold a number for a text: which one was written there cannot be told any more.
        const isLost = typeof value === 'number' && optionOf(name).placeholder === 'text'
        if (isLost) expect(outcome(name, asFile(name, value))).toEqual({ refused: [snakeOf(name)] })
        else if (!optionOf(name).outside) expect(outcome(name, asFile(name, value))).toEqual(inProgram)
        const asText = outcome(name, asVariable(name, String(value)))
        // Text may be anything; a number or a list is no name, and a switch is no number, unless it is written as one.
        if ('value' in inProgram) expect(asText).toEqual(inProgram)
      }),
      { numRuns: 1000 },
    )
  })

  it('of any kind at all gives a value or a named error', () => {
    fc.assert(
      fc.property(option, fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (name, value) => {
        const result = outcome(name, asProgram(name, value))
        expect('value' in result || result.refused.includes(snakeOf(name))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('that was accepted is accepted again as it came out', () => {
    fc.assert(
      fc.property(option, text, (name, value) => {
        const first = outcome(name, asProgram(name, value))
        if ('value' in first) expect(outcome(name, asProgram(name, first.value))).toEqual(first)
      }),
      { numRuns: 1000 },
    )
  })

  it('is never lost among several: whatever is wrong is named', () => {
    const broken = fc.uniqueArray(fc.constantFrom(...optionNames.filter(name => isNumber(name))), { minLength: 1 })
    fc.assert(
      fc.property(broken, names => {
        const env = Object.fromEntries(names.map(name => [variableOf(name), 'never a number']))
        expect(outcome('workers', { env })).toEqual({ refused: names.map(snakeOf) })
      }),
    )
  })
})

const isNumber = (name: OptionName): boolean => typeof optionOf(name).default === 'number'
