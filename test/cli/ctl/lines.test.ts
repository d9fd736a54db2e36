import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { linesOf, Unreadable } from '../../../src/cli/ctl/lines.ts'

async function lines(chunks: readonly string[], longest?: number): Promise<string[]> {
  const found: string[] = []
  for await (const line of linesOf(Readable.from(chunks.map(chunk => Buffer.from(chunk))), longest))
    found.push(String(line))
  return found
}

it.each([
  ['nothing', [], []],
  ['a line', ['one\n'], ['one']],
  ['a line without its end', ['one\ntwo'], ['one', 'two']],
  ['an end alone', ['\n'], ['']],
  ['empty lines', ['\n\none\n\n'], ['', '', 'one', '']],
  ['a line in pieces', ['o', 'n', 'e\ntw', 'o'], ['one', 'two']],
  ['an end at the start of a piece', ['one', '\ntwo\n'], ['one', 'two']],
  ['the other system’s ends, which belong to the line', ['one\r\n'], ['one\r']],
])('%s', async (_, chunks, expected) => {
  expect(await lines(chunks)).toEqual(expected)
})

it('cuts anywhere make no difference', async () => {
  const text = 'one\n\nthree\nžlutý'
  const bytes = Buffer.from(text)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)]
    const found: string[] = []
    for await (const line of linesOf(Readable.from(chunks))) found.push(String(line))
    expect(found).toEqual(text.split('\n'))
  }
})

it('a line that has no end in sight is named before it fills the memory', async () => {
  let read = 0
  async function* endless() {
    yield Buffer.from('one\n')
    for (;;) {
      read++
      yield Buffer.alloc(10)
    }
  }
  const found: string[] = []
  const reading = (async () => {
    for await (const line of linesOf(endless(), 100)) found.push(String(line))
  })()
  await expect(reading).rejects.toThrow(new Unreadable('line 2 is longer than 100 bytes, which no broker takes'))
  expect([found, read]).toEqual([['one'], 11])
})

it('what cannot be read is named by its line', async () => {
  async function* broken() {
    yield Buffer.from('one\ntwo\nthr')
    throw new Error('EIO')
  }
  const reading = (async () => {
    for await (const _ of linesOf(broken()));
  })()
  await expect(reading).rejects.toThrow(new Unreadable('line 3 cannot be read: EIO'))
})
