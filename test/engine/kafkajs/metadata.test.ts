import { describe, expect, test } from 'vitest'
import { type MetadataAnswer, withTopicIds } from '../../../src/engine/kafkajs/metadata.ts'

interface Wire {
  readonly request: { readonly apiVersion: number; readonly encode: () => Promise<{ readonly buffer: Buffer }> }
  readonly response: { readonly decode: (raw: Buffer) => Promise<MetadataAnswer> }
}

const theirs = {
  versions: ['0', '6'],
  protocol:
    ({ version }: { version: number }) =>
    () => ({ version }),
}
const definition = withTopicIds(theirs)
const args = { topics: ['a', 'b'.repeat(200)], allowAutoTopicCreation: false }
const asked = (version: number) => definition.protocol({ version })!(args)

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex')
const ID = '00112233445566778899aabbccddeeff'

describe('Metadata', () => {
  test('is asked for as kafkajs does where the broker speaks nothing newer', () => {
    expect([0, 6, 7, 9].map(asked)).toEqual([0, 6, 6, 6].map(version => ({ version })))
    expect(Math.max(...definition.versions.map(Number))).toBe(10)
  })

  test('names its topics without their ids, and creates none', async () => {
    const { request } = asked(10) as Wire
    const id = '00'.repeat(16)
    const body = `00 03 ${id} 02 61 00 ${id} c9 01 ${'62'.repeat(200)} 00 00 00 00 00`
    expect((await request.encode()).buffer).toEqual(hex(body))
  })

  test('tells brokers, topics with their ids, and leaders, whatever tags come with it', async () => {
    const broker = '00000001 03 6162 00002384 00 01 05 02 ffff'
    const partition = '0000 00000000 00000001 00000007 02 00000001 02 00000001 01 00'
    const here = `0000 02 61 ${ID} 00 02 ${partition} 80000000 00`
    const missing = `0003 02 62 ${'00'.repeat(16)} 00 01 80000000 00`
    const raw = hex(`00 00000009 02 ${broker} 02 63 00000001 03 ${here} ${missing} 80000000 00`)
    expect(await (asked(10) as Wire).response.decode(raw)).toEqual({
      clientSideThrottleTime: 9,
      clusterId: 'c',
      controllerId: 1,
      brokers: [{ nodeId: 1, host: 'ab', port: 9092 }],
      topicMetadata: [
        {
          topicErrorCode: 0,
          topic: 'a',
          topicId: ID,
          partitionMetadata: [{ partitionErrorCode: 0, partitionId: 0, leader: 1 }],
        },
        { topicErrorCode: 3, topic: 'b', partitionMetadata: [] },
      ],
    })
  })
})
