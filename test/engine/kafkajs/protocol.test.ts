import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Basis,
  basisOf,
  decodeAssignment,
  decodeMember,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  MalformedError,
  type ProtocolVersion,
  SUBSCRIPTION_VERSION,
  sameBasis,
} from '../../../src/engine/kafkajs/protocol.ts'

const hex = (...parts: string[]): Buffer => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

// As kafka-clients 4.3.1 writes them.
const TOPICS = '00000002 0005 62696c6c73 0006 6f7264657273'
const GENERATION_7 = '00000004 00000007'
const OWNED = '00000002 0005 62696c6c73 00000001 00000000 0006 6f7264657273 00000002 00000000 00000002'
const owned = [
  { topic: 'bills', partition: 0 },
  { topic: 'orders', partition: 0 },
  { topic: 'orders', partition: 2 },
]
const versions = [0, 1, 2, 3] as const satisfies readonly ProtocolVersion[]

describe('a subscription that Java wrote', () => {
  const common = { topics: ['bills', 'orders'], nonce: undefined }

  it('is read in version 0, the generation from the user data', () => {
    const bytes = hex('0000', TOPICS, GENERATION_7)
    expect(decodeSubscription(bytes)).toEqual({ ...common, version: 0, owned: [], generation: 7, rackId: null })
  })

  it('is read in version 1, with what it owns', () => {
    const bytes = hex('0001', TOPICS, GENERATION_7, OWNED)
    expect(decodeSubscription(bytes)).toEqual({ ...common, version: 1, owned, generation: 7, rackId: null })
  })

  it('is read in version 2, the generation from its own field', () => {
    const bytes = hex('0002', TOPICS, '00000004 00000003', OWNED, '00000007')
    expect(decodeSubscription(bytes)).toEqual({ ...common, version: 2, owned, generation: 7, rackId: null })
  })

  it('is read in version 3, with its rack', () => {
    const bytes = hex('0003', TOPICS, GENERATION_7, OWNED, '00000007', '0006 7261636b2d61')
    expect(decodeSubscription(bytes)).toEqual({ ...common, version: 3, owned, generation: 7, rackId: 'rack-a' })
  })

  it('is read when it comes from an eager member, without user data, generation or rack', () => {
    const bytes = hex('0003', '00000001 0006 6f7264657273', 'ffffffff', '00000000', 'ffffffff', 'ffff')
    expect(decodeSubscription(bytes)).toEqual({
      version: 3,
      topics: ['orders'],
      owned: [],
      generation: -1,
      nonce: undefined,
      rackId: null,
    })
  })

  it('is read in a version newer than any known, which only adds fields at the end', () => {
    const bytes = hex('0009', TOPICS, GENERATION_7, OWNED, '00000007', '0006 7261636b2d61', 'cafe')
    expect(decodeSubscription(bytes)).toMatchObject({ version: 9, owned, generation: 7, rackId: 'rack-a' })
  })
})

describe('a subscription of another make', () => {
  it('may lack the fields that its version promises', () => {
    expect(decodeSubscription(hex('0001', TOPICS, '00000000'))).toMatchObject({ owned: [], generation: -1 })
    expect(decodeSubscription(hex('0003', TOPICS, '00000000', OWNED))).toMatchObject({ owned, generation: -1 })
  })

  it('has no generation in user data of another kind, however it begins', () => {
    const sticky = `00000016 ${OWNED.slice(0, 8)} 0005 62696c6c73 00000001 00000000 000000`
    expect(decodeSubscription(hex('0000', TOPICS, sticky)).generation).toBe(-1)
  })

  it('names a topic and a partition once, whatever it says', () => {
    const twice = '00000002 0001 61 0001 61'
    const ownedTwice = '00000002 0001 61 00000002 00000004 00000004 0001 61 00000001 00000004'
    expect(decodeSubscription(hex('0001', twice, '00000000', ownedTwice))).toMatchObject({
      topics: ['a'],
      owned: [{ topic: 'a', partition: 4 }],
    })
  })

  it.each([
    ['is empty', ''],
    ['ends within the version', '00'],
    ['has a version below 0', `ffff ${TOPICS} ffffffff`],
    ['promises more topics than there are bytes', '0000 7fffffff 0001 61'],
    ['has a negative number of topics', '0000 fffffff0 0001 61'],
    ['ends within a topic', '0000 00000001 0009 61'],
    ['has a string of negative length', '0000 00000001 fff0 61'],
    ['has no user data', `0000 ${TOPICS}`],
    ['ends within its user data', `0000 ${TOPICS} 00000009 00`],
    ['has user data of negative length', `0000 ${TOPICS} fffffffe`],
    ['promises more partitions than there are bytes', `0001 ${TOPICS} ffffffff 00000001 0001 61 7fffffff 00000000`],
    ['owns a negative partition', `0001 ${TOPICS} ffffffff 00000001 0001 61 00000001 ffffffff`],
    ['ends within the generation', `0002 ${TOPICS} ffffffff 00000000 0000`],
    ['ends within the rack', `0003 ${TOPICS} ffffffff 00000000 00000007 0006 72`],
  ])('is refused by name when it %s', (_, bytes) => {
    const decode = () => decodeMember({ memberId: 'm-1', instanceId: 'their-consumer', metadata: hex(bytes) })
    expect(decode).toThrow(MalformedError)
    expect(decode).toThrow(/^The subscription of their-consumer cannot be read: it .+ \(at byte \d+ of \d+\)$/)
  })

  it('never makes anything but a MalformedError, whatever its bytes', () => {
    const start = fc.constantFrom(...versions).map(version => hex(`000${version}`, TOPICS))
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.tuple(start, fc.uint8Array({ maxLength: 60 })))
    fc.assert(
      fc.property(bytes, input => {
        const metadata = Array.isArray(input) ? Buffer.concat(input) : input
        for (const decode of [decodeSubscription, decodeAssignment])
          try {
            decode(metadata)
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError)
          }
      }),
      { numRuns: 2000 },
    )
  })
})

const topicName = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/)
const topicPartitions = fc.uniqueArray(fc.record({ topic: topicName, partition: fc.nat(2 ** 31 - 1) }), {
  selector: one => `${one.topic}/${one.partition}`,
  maxLength: 20,
})
const uint32 = fc.nat(2 ** 32 - 1)

describe('a subscription of our own', () => {
  const data = { topics: ['orders', 'bills'], owned, generation: 7, nonce: 0xfeedbeef }
  const OURS = '0000000c 00000007 72636172 feedbeef'

  it('has the layout that Java reads, the generation first in the user data and the nonce behind it', () => {
    expect(encodeSubscription(data, 0)).toEqual(hex('0000', TOPICS, OURS))
    expect(encodeSubscription(data, 1)).toEqual(hex('0001', TOPICS, OURS, OWNED))
    expect(encodeSubscription(data, 2)).toEqual(hex('0002', TOPICS, OURS, OWNED, '00000007'))
    expect(encodeSubscription(data, 3)).toEqual(hex('0003', TOPICS, OURS, OWNED, '00000007', 'ffff'))
  })

  it('tells what it owns, and since which generation, where the protocol is cooperative', () => {
    const read = decodeSubscription(encodeSubscription(data, SUBSCRIPTION_VERSION.cooperative))
    expect(read).toMatchObject({ owned, generation: 7 })
  })

  it('names the topics that were not there behind the nonce', () => {
    const bytes = encodeSubscription({ ...data, absent: ['orders'] }, 0)
    expect(bytes).toEqual(hex('0000', TOPICS, '00000018 00000007 72636172 feedbeef 00000001 0006 6f7264657273'))
    expect(decodeSubscription(bytes)).toMatchObject({ generation: 7, nonce: 0xfeedbeef, absent: ['orders'] })
  })

  it('changes by its nonce, and by nothing that does not count', () => {
    const bytes = encodeSubscription(data, 2)
    const shuffled = { ...data, topics: ['bills', 'orders', 'bills'], owned: owned.toReversed() }
    expect(encodeSubscription(shuffled, 2)).toEqual(bytes)
    for (const version of versions)
      expect(encodeSubscription({ ...data, nonce: 1 }, version)).not.toEqual(encodeSubscription(data, version))
  })

  it('comes back as it was sent, in each version what that version carries', () => {
    const subscription = fc.record({
      topics: fc.uniqueArray(topicName, { maxLength: 10 }),
      owned: topicPartitions,
      generation: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      nonce: uint32,
    })
    fc.assert(
      fc.property(subscription, fc.constantFrom(...versions), (sent, version) => {
        const read = decodeSubscription(encodeSubscription(sent, version))
        expect({ ...read, owned: new Set(read.owned) }).toEqual({
          version,
          topics: sent.topics.toSorted(),
          owned: new Set(version === 0 ? [] : sent.owned),
          generation: sent.generation,
          nonce: sent.nonce,
          rackId: null,
        })
      }),
    )
  })

  it('becomes what an assigner knows of a member', () => {
    const metadata = encodeSubscription(data, 2)
    expect(decodeMember({ memberId: 'm-1', instanceId: null, metadata })).toEqual({
      memberId: 'm-1',
      instanceId: null,
      topics: ['bills', 'orders'],
      owned,
      generation: 7,
    })
  })

  it('can be read from the middle of a larger buffer', () => {
    const large = Buffer.concat([Buffer.alloc(5), encodeSubscription(data, 2)])
    expect(decodeSubscription(new Uint8Array(large).subarray(5))).toMatchObject({ owned, nonce: 0xfeedbeef })
  })
})

describe('an assignment', () => {
  it.each(versions)('that Java wrote in version %i is read, without a basis', version => {
    const partitions = '00000002 0006 6f7264657273 00000002 00000002 00000000 0005 62696c6c73 00000001 00000000'
    expect(decodeAssignment(hex(`000${version}`, partitions, 'ffffffff'))).toEqual({
      partitions: [
        { topic: 'orders', partition: 2 },
        { topic: 'orders', partition: 0 },
        { topic: 'bills', partition: 0 },
      ],
      basis: undefined,
    })
  })

  it('of no bytes, as the coordinator hands it to a member that was left out, is empty', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], basis: undefined })
  })

  it('with user data of another make has no basis', () => {
    expect(decodeAssignment(hex('0001 00000000', '00000002 cafe')).basis).toBeUndefined()
  })

  it('names the topics that were not there', () => {
    for (const withheld of [0, 3]) {
      const sent = {
        partitions: owned,
        basis: { ...basisOf(['bills', 'orders'], new Map()) },
        withheld,
        absent: ['bills'],
      }
      expect(decodeAssignment(encodeAssignment(sent))).toEqual(sent)
    }
  })

  it('is written as every version lays it out', () => {
    const bytes = encodeAssignment({ partitions: owned, basis: undefined })
    expect(bytes).toEqual(hex('0000', OWNED, '00000000'))
    expect(encodeAssignment({ partitions: [], basis: { a: 6 } })).toEqual(
      hex('0000 00000000', '0000000f 72636172 00000001 0001 61 00000006'),
    )
  })

  it('comes back as it was sent', () => {
    const basis = fc.option(fc.array(fc.tuple(topicName, fc.nat(10_000))), { nil: undefined })
    fc.assert(
      fc.property(topicPartitions, basis, (partitions, entries) => {
        const sent = entries === undefined ? undefined : basisOf(...asCounts(entries))
        const read = decodeAssignment(encodeAssignment({ partitions, basis: sent }))
        expect(new Set(read.partitions)).toEqual(new Set(partitions))
        expect(read.basis).toEqual(sent)
      }),
    )
  })

  it.each([
    ['ends within its partitions', '0001 00000001 0001 61 00000002 00000001'],
    ['has a basis that promises more than there is', '0001 00000000 00000008 72636172 7fffffff'],
  ])('is refused when it %s', (_, bytes) => {
    expect(() => decodeAssignment(hex(bytes))).toThrow(MalformedError)
  })
})

const asCounts = (entries: [string, number][]): [string[], Map<string, number>] => [
  entries.map(([topic]) => topic),
  new Map(entries),
]

describe('the basis of a share', () => {
  const counts = new Map([
    ['orders', 6],
    ['bills', 3],
  ])

  it('has the topics of the member alone, so that it sees when the leader knew another subscription of it', () => {
    const known = basisOf(['orders'], counts)
    expect(known).toEqual({ orders: 6 })
    expect(sameBasis(known, basisOf(['orders', 'bills'], counts))).toBe(false)
    expect(sameBasis(basisOf(['bills'], counts), known)).toBe(false)
  })

  it('differs when partitions are added, and when a missing topic appears', () => {
    const before = basisOf(['orders', 'invoices'], counts)
    expect(before).toEqual({ orders: 6, invoices: 0 })
    expect(sameBasis(before, basisOf(['invoices', 'orders'], counts))).toBe(true)
    expect(sameBasis(before, basisOf(['orders', 'invoices'], new Map([...counts, ['orders', 7]])))).toBe(false)
    expect(sameBasis(before, basisOf(['orders', 'invoices'], new Map([...counts, ['invoices', 1]])))).toBe(false)
  })

  it('is not confused by topics that are called like parts of an object', () => {
    const names = ['__proto__', 'constructor', 'toString']
    const sent: Basis = basisOf(names, new Map(names.map(name => [name, 2])))
    const { basis } = decodeAssignment(encodeAssignment({ partitions: [], basis: sent }))
    expect(Object.entries(basis!)).toEqual(names.map(name => [name, 2]))
    expect(sameBasis(sent, basisOf(['orders', 'bills', 'invoices'], counts))).toBe(false)
  })
})
