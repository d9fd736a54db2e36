import { describe, expect, it } from 'vitest'
import { describeFlags } from '../../src/config/flags.ts'
import { loadConfig } from '../../src/config/load.ts'
import { options } from '../../src/config/options.ts'

describe('the table as flags', () => {
  const flags = describeFlags()

  it('has one for every option', () => {
    expect(flags.map(({ option }) => option)).toEqual(Object.keys(options))
  })

  it('has no name and no letter twice', () => {
    const names = flags.flatMap(({ name, aliases }) => [name, ...aliases])
    const letters = flags.flatMap(({ short }) => short ?? [])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(letters).size).toBe(letters.length)
  })

  it('describes them as a command line needs it', () => {
    const one = (name: string) => flags.find(({ option }) => option === name)
    expect(one('workers')).toMatchObject({
      name: 'workers',
      short: 'w',
      aliases: ['parallel-workers'],
      placeholder: 'number|auto',
      repeats: false,
      variable: 'RACECAR_WORKERS',
      group: 'Workers',
      defaultText: '1',
    })
    expect(one('serial')).not.toHaveProperty('placeholder')
    expect(one('brokers')).toMatchObject({ repeats: true, defaultText: 'localhost:9092' })
    expect(one('groupId')).toMatchObject({ name: 'group-id', defaultText: '' })
    expect(one('logLevel')).toMatchObject({ placeholder: 'debug|info|warn|error' })
  })

  it('has a default that the option itself would take', () => {
    for (const { option, name, defaultText } of flags) {
      if (defaultText === '') continue
      expect(loadConfig({ flags: { [name]: defaultText } }).config[option]).toEqual(loadConfig().config[option])
    }
  })

  it('says something about each, without a full stop', () => {
    for (const { about } of flags) expect(about).toMatch(/^[A-Z].{10,}[^.]$/)
  })
})
