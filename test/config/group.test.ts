import { describe, expect, it } from 'vitest'
import { groupIdOf } from '../../src/config/group.ts'
import { loadConfig } from '../../src/config/load.ts'

const { config } = loadConfig()

describe('the group id', () => {
  it.each([
    ['BaconConsumer', 'bacon-consumer'],
    ['HTTPLogConsumer', 'httplog-consumer'],
    ['MyFunnyConsumer', 'my-funny-consumer'],
    ['aBcDe', 'a-bc-de'],
    ['V2Consumer', 'v2consumer'],
    ['Consumer', 'consumer'],
  ])('of %s is %s', (name, groupId) => {
    expect(groupIdOf(name, config)).toBe(groupId)
  })

  it('carries the prefix', () => {
    expect(groupIdOf('BaconConsumer', { ...config, groupIdPrefix: 'kevin.' })).toBe('kevin.bacon-consumer')
  })

  it('is taken as it stands where it is set', () => {
    expect(groupIdOf('BaconConsumer', { ...config, groupId: 'Mine', groupIdPrefix: 'kevin.' })).toBe('Mine')
  })
})
