import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { locate } from '../../src/loader/locate.ts'
import { makePackage } from './package.ts'

const candidatesFor = async (consumer: string, files: readonly string[]): Promise<string[]> => {
  const cwd = await makePackage(Object.fromEntries(files.map(file => [file, ''])))
  const { candidates } = await locate(cwd, consumer)
  return candidates.map(file => relative(cwd, file))
}

describe('where a consumer lies', () => {
  it.each([
    'src/consumers/tap-dance-consumer.ts',
    'src/consumers/tap_dance_consumer.ts',
    'src/consumers/TapDanceConsumer.ts',
    'app/consumers/tap-dance-consumer.mts',
    'consumers/tap-dance-consumer.cts',
    'dist/consumers/tap-dance-consumer.js',
    'build/consumers/TapDanceConsumer.mjs',
    'consumers/tap_dance_consumer.cjs',
    'src/consumers/shows/tap-dance-consumer.ts',
  ])('is %s', async file => {
    expect(await candidatesFor('TapDanceConsumer', [file])).toEqual([file])
  })

  it.each(['http-log-consumer.ts', 'httplog-consumer.ts', 'HTTPLogConsumer.ts'])(
    'is %s for HTTPLogConsumer',
    async name => {
      expect(await candidatesFor('HTTPLogConsumer', [`src/consumers/${name}`])).toEqual([`src/consumers/${name}`])
    },
  )

  it('is the first folder that has it, the source before what was built of it', async () => {
    const files = ['dist/consumers/a-consumer.js', 'src/consumers/a-consumer.ts', 'app/consumers/a-consumer.ts']
    expect(await candidatesFor('AConsumer', files)).toEqual(['src/consumers/a-consumer.ts'])
  })

  it('is nearest to the top of its folder, and TypeScript before JavaScript', async () => {
    const files = [
      'src/consumers/a-consumer.js',
      'src/consumers/a-consumer.mts',
      'src/consumers/deep/a-consumer.ts',
      'src/consumers/a-consumer.ts',
    ]
    expect(await candidatesFor('AConsumer', files)).toEqual([files[3], files[1], files[0], files[2]])
  })

  it('is no declaration, no test, no hidden and no installed file', async () => {
    const files = [
      'a-consumer.d.ts',
      'a-consumer.test.ts',
      'a-consumer.json',
      '.old/a-consumer.ts',
      'node_modules/a-consumer.js',
    ]
    expect(
      await candidatesFor(
        'AConsumer',
        files.map(file => `src/consumers/${file}`),
      ),
    ).toEqual([])
  })

  it('is said to be nowhere with all the places and all that was there', async () => {
    const cwd = await makePackage({ 'src/consumers/tap-dance-consumer.ts': '', 'consumers/waltz.js': '' })
    expect((await locate(cwd, 'TapDansConsumer')).lookedIn).toBe(
      'Looked for tap-dans-consumer, tap_dans_consumer or TapDansConsumer (.ts, .mts, .cts, .js, .mjs, .cjs) ' +
        `in src/consumers, app/consumers, consumers, dist/consumers, build/consumers of ${cwd}. ` +
        'Seen there: TapDanceConsumer (src/consumers/tap-dance-consumer.ts), Waltz (consumers/waltz.js). ' +
        'Did you mean TapDanceConsumer?',
    )
  })

  it('is said to be nowhere without naming one spelling twice', async () => {
    expect((await locate(await makePackage({}), 'Nope')).lookedIn).toMatch(/^Looked for nope or Nope \(/)
  })

  it('is said to be nowhere when there is nothing at all', async () => {
    const cwd = await makePackage({})
    expect((await locate(join(cwd, 'missing'), 'AConsumer')).lookedIn).toContain('and saw no consumer there')
  })
})
