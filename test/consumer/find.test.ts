import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findConsumer } from '../../src/consumer/find.ts'
import type { LoadPlan } from '../../src/messages.ts'

// A consumer of a copy of the framework that is not here: known by its brand.
const base = `class Base { static [Symbol.for('racecar.consumer')] = true; process() {} }\n`

describe('finding a consumer', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'racecar-find-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const file = (name: string): string => join(folder, name)
  const write = (name: string, text: string) => writeFile(file(name), base + text)
  const find = (consumer: string, plan: Partial<LoadPlan>) =>
    findConsumer({ consumer, require: [], candidates: [], ...plan })

  it.each([
    ['by its export', 'a.mjs', 'export class TapDanceConsumer extends Base {}'],
    [
      'by consumerName, not by its class',
      'a.mjs',
      "export class s extends Base { static consumerName = 'TapDanceConsumer' }",
    ],
    ['as the default export', 'a.mjs', 'export default class extends Base {}'],
    ['as the default export of another name', 'a.mjs', 'export default class Other extends Base {}'],
    ['as module.exports', 'a.cjs', 'module.exports = class extends Base {}'],
    ['in module.exports', 'a.cjs', 'module.exports = { TapDanceConsumer: class extends Base {} }'],
    ['by exports', 'a.cjs', 'exports.TapDanceConsumer = class extends Base {}'],
    [
      'as the default that TypeScript writes for CommonJS',
      'a.cjs',
      "Object.defineProperty(exports, '__esModule', { value: true }); exports['def' + 'ault'] = class extends Base {}",
    ],
  ])('finds it %s, in the file of its name', async (_, name, text) => {
    await write(name, text)
    const found = await find('TapDanceConsumer', { candidates: [file(name)] })
    expect(found.name).toBe('TapDanceConsumer')
    expect(new found.cls()).toHaveProperty('process')
  })

  it('finds it in what was required, and then imports no candidate', async () => {
    await write('all.mjs', 'export class TapDanceConsumer extends Base {}')
    await write('tap-dance-consumer.mjs', "throw new Error('not wanted')")
    const plan = { require: [file('all.mjs')], candidates: [file('tap-dance-consumer.mjs')] }
    expect((await find('TapDanceConsumer', plan)).cls.name).toBe('TapDanceConsumer')
  })

  it('finds the default export of a required file by that file’s name, in any spelling, or by its class', async () => {
    await write('tap_dance_consumer.mjs', 'export default class extends Base {}')
    await write('other.mjs', 'export default class WaltzConsumer extends Base {}')
    const require = [file('tap_dance_consumer.mjs'), file('other.mjs')]
    expect((await find('TapDanceConsumer', { require })).name).toBe('TapDanceConsumer')
    expect((await find('WaltzConsumer', { require })).cls.name).toBe('WaltzConsumer')
  })

  it('prefers what is exported by that name to a default export in the file of that name', async () => {
    await write(
      'tap-dance-consumer.mjs',
      'export default class Wrong extends Base {}; export class TapDanceConsumer extends Base {}',
    )
    const found = await find('TapDanceConsumer', { candidates: [file('tap-dance-consumer.mjs')] })
    expect(found.cls.name).toBe('TapDanceConsumer')
  })

  it('looks into one candidate after the other', async () => {
    await write('one.mjs', 'export const nothing = 1')
    await write('two.mjs', 'export class TapDanceConsumer extends Base {}')
    await write('three.mjs', "throw new Error('not wanted')")
    const found = await find('TapDanceConsumer', { candidates: ['one.mjs', 'two.mjs', 'three.mjs'].map(file) })
    expect(found.cls.name).toBe('TapDanceConsumer')
  })

  it('lists what it saw and where, and suggests the nearest', async () => {
    await write(
      'steps.mjs',
      'export class TapDanceConsumer extends Base {}; export class WaltzConsumer extends Base {}',
    )
    const asked = find('tapDanceConsumer', { require: [file('steps.mjs')] })
    await expect(asked).rejects.toMatchObject({ code: 'CONSUMER_NOT_FOUND', exitCode: 78 })
    await expect(asked).rejects.toThrow(
      `There is no consumer tapDanceConsumer in ${file('steps.mjs')}. Seen: TapDanceConsumer (${file('steps.mjs')}), WaltzConsumer (${file('steps.mjs')}). Did you mean TapDanceConsumer?`,
    )
  })

  it('says where else it was looked for', async () => {
    await write('env.mjs', '')
    const plan = { require: [file('env.mjs')], lookedIn: 'Looked for tap-dance-consumer in src/consumers.' }
    await expect(find('TapDanceConsumer', plan)).rejects.toThrow(
      /no consumer TapDanceConsumer in .*env\.mjs, nor any other\. Looked for tap-dance-consumer in src\/consumers\./,
    )
  })

  it('says so when the name is exported and is no consumer', async () => {
    await write('a.mjs', 'export class TapDanceConsumer {}')
    await expect(find('TapDanceConsumer', { candidates: [file('a.mjs')] })).rejects.toThrow(
      'exports TapDanceConsumer, but it is no class that extends Consumer of racecar',
    )
  })

  it('names the module that cannot be loaded, as its author knows it, and keeps the cause', async () => {
    await write('0-compiled.mjs', "throw new TypeError('no database')")
    const sources = { [file('0-compiled.mjs')]: '/app/src/consumers/tap-dance-consumer.ts' }
    const asked = find('TapDanceConsumer', { candidates: [file('0-compiled.mjs')], sources })
    await expect(asked).rejects.toMatchObject({ code: 'LOAD_FAILED', cause: { message: 'no database' } })
    await expect(asked).rejects.toThrow(
      '/app/src/consumers/tap-dance-consumer.ts could not be loaded: TypeError: no database',
    )
  })

  it('names a module that throws something strange', async () => {
    await write('a.mjs', "throw 'a string'")
    await expect(find('TapDanceConsumer', { candidates: [file('a.mjs')] })).rejects.toThrow(
      'could not be loaded: a string',
    )
  })
})
