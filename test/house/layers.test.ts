// Who may import whom, read from the imports that really stand in src, type imports included.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { groupBy } from '../../src/lib/group-by.ts'

const src = fileURLToPath(new URL('../../src', import.meta.url))

/** A room may import rooms of a lower rank, and itself; never another of its own rank. */
const ranks: Readonly<Record<string, number>> = {
  lib: 0,
  'errors.ts': 0,
  'delivery-error.ts': 1,
  events: 1,
  security: 1,
  loader: 2,
  config: 2,
  'messages.ts': 3,
  'engine/engine.ts': 3,
  'engine/out-of-range.ts': 4,
  'engine/partitioner.ts': 4,
  consumer: 4,
  setup: 4,
  producer: 5,
  runner: 6,
  'engine/kafkajs': 6,
  'engine/memory': 6,
  datadog: 6,
  worker: 7,
  supervisor: 7,
  observe: 7,
  standalone: 8,
  heroku: 8,
  testing: 9,
  entry: 9,
  cli: 9,
  run: 10,
  'index.ts': 11,
}

/** Packages that belong to one room. Any other package is nobody's business alone. */
const homes: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['engine/kafkajs/'],
  winston: ['observe/'],
  'hot-shots': ['datadog/'],
  'openid-client': ['security/token-endpoint.ts'],
  commander: ['cli/'],
  'proper-lockfile': ['supervisor/pidfile.ts'],
  kerberos: ['security/gss.ts'],
  esbuild: ['loader/'],
  tinyglobby: ['loader/'],
}

const mayExit = ['cli/', 'entry/']
const LONGEST_FILE = 300

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))

const imports: readonly Import[] = files.flatMap(from =>
  ts.preProcessFile(textOf(from), true, true).importedFiles.map(({ fileName }) => ({
    from,
    to: fileName.startsWith('.') ? relative(src, join(src, dirname(from), fileName)) : fileName,
  })),
)
const isInside = ({ to }: Import): boolean => files.includes(to)
const inside = imports.filter(isInside)

function textOf(file: string): string {
  return readFileSync(join(src, file), 'utf8')
}

/** The longest name of the table that the file lies under. */
function roomOf(file: string): string | undefined {
  const rooms = Object.keys(ranks).filter(room => file === room || file.startsWith(`${room}/`))
  return rooms.sort((a, b) => b.length - a.length)[0]
}

const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]

describe('the house', () => {
  it('has been looked at', () => {
    expect(files.length).toBeGreaterThan(40)
    expect(inside.length).toBeGreaterThan(100)
  })

  it('has every file in a room', () => {
    expect(files.filter(file => roomOf(file) === undefined)).toEqual([])
  })

  it('imports nothing that is not there, and nothing from outside of src', () => {
    const lost = imports.filter(one => !isInside(one) && /^\.|\.ts$/.test(one.to))
    expect(lost).toEqual([])
  })

  it('imports downward only, and sideways only inside one room', () => {
    const wrong = inside.filter(({ from, to }) => {
      const [here, there] = [roomOf(from)!, roomOf(to)!]
      return here !== there && ranks[here]! <= ranks[there]!
    })
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })

  it('has no cycle, not even of types', () => {
    expect(findCycle()).toEqual([])
  })

  it('keeps each library in its room', () => {
    const strays = imports.filter(({ from, to }) => {
      const home = homes[packageOf(to)]
      return home !== undefined && !home.some(place => from.startsWith(place))
    })
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })

  it('ends the process from cli and entry alone', () => {
    const exits = /\bprocess\s*\.\s*(exit|reallyExit|abort)\b/
    const wrong = files.filter(
      file => !mayExit.some(place => file.startsWith(place)) && exits.test(withoutComments(file)),
    )
    expect(wrong).toEqual([])
  })

  it('starts processes from supervisor and cli alone, and what gives tokens or tickets', () => {
    const forking = imports.filter(({ to }) => /^(node:)?child_process$/.test(to))
    expect(
      forking.filter(
        ({ from }) => !/^(supervisor\/|cli\/|security\/(token-module|kinit|ticket-process)\.ts)/.test(from),
      ),
    ).toEqual([])
  })

  it(`has no file above ${LONGEST_FILE} lines`, () => {
    expect(files.filter(file => textOf(file).split('\n').length > LONGEST_FILE)).toEqual([])
  })

  it('says at the head of every file what it is for', () => {
    expect(files.filter(file => !/^(#!.*\n)?(\/\/|\/\*)/.test(textOf(file)))).toEqual([])
  })

  it('keeps no state in modules', () => {
    expect(files.filter(file => /^(export )?(let|var) /m.test(withoutComments(file)))).toEqual([])
  })
})

/** Printed again by the compiler: what looks like code in a comment is gone. */
function withoutComments(file: string): string {
  const parsed = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest)
  return ts.createPrinter({ removeComments: true }).printFile(parsed)
}

/** The files of one cycle in order, the first repeated; empty where there is none. */
function findCycle(): readonly string[] {
  const next = groupBy(inside, ({ from }) => from)
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const { to } of next.get(file) ?? []) {
      const cycle = walk(to, [...path, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  return files.map(file => walk(file, [])).find(cycle => cycle.length > 0) ?? []
}
