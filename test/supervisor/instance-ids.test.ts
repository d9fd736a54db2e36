import { describe, expect, it } from 'vitest'
import { InstanceIds, randomPart } from '../../src/supervisor/instance-ids.ts'

const counting = () => {
  let count = 0
  return () => `r${++count}`
}

describe('instance ids', () => {
  it('are the same for every process of a slot, different between slots and between starts of a primary', () => {
    const settings = { clientId: 'racecar', host: 'box', given: undefined, random: counting() }
    const first = new InstanceIds(settings)
    const second = new InstanceIds(settings)
    expect([first.of('0'), first.of('1'), first.of('0'), second.of('0')]).toEqual([
      'racecar-box-r1-0',
      'racecar-box-r1-1',
      'racecar-box-r1-0',
      'racecar-box-r2-0',
    ])
  })

  it('are new for one slot alone when somebody else uses its own', () => {
    const ids = new InstanceIds({ clientId: 'racecar', host: 'box', given: undefined, random: counting() })
    expect(ids.renew('1')).toBe('racecar-box-r2-1')
    expect([ids.of('0'), ids.of('1')]).toEqual(['racecar-box-r1-0', 'racecar-box-r2-1'])
  })

  it('are what the user wants, as long as nobody else uses them', () => {
    const ids = new InstanceIds({ clientId: 'racecar', host: 'box', given: 'orders', random: () => 'x' })
    expect(ids.of('3')).toBe('orders-3')
    expect(ids.renew('3')).toBe('orders-x-3')
  })

  it('hold only what brokers allow, and never lose the slot however long the rest is', () => {
    const ids = new InstanceIds({ clientId: 'Bücher & Co', host: 'a/b', given: undefined, random: () => 'x' })
    expect(ids.of('0')).toBe('B-cher---Co-a-b-x-0')
    const long = new InstanceIds({ clientId: 'c'.repeat(300), host: 'h', given: undefined, random: () => 'x' })
    expect(long.of('12')).toHaveLength(249)
    expect(long.of('12')).toMatch(/c-h-x-12$/)
    expect(long.of('11')).not.toBe(long.of('12'))
  })

  it('have a random part that does not repeat', () => {
    expect(new Set(Array.from({ length: 100 }, randomPart)).size).toBe(100)
  })
})
