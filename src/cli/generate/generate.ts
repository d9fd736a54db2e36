// `racecar init` and `racecar generate consumer`: files to begin with. Asks nothing, overwrites nothing unless it is told to, and says
// what it did and what comes next.

import { extname, join, posix, relative, sep } from 'node:path'
import { isTopicName } from '../../consumer/retry.ts'
import { RacecarError } from '../../errors.ts'
import { isCommonJs, isTypeScript } from '../../loader/files.ts'
import { locate } from '../../loader/locate.ts'
import type { ConsumerName } from './names.ts'
import { isMade, type Project, projectIn } from './project.ts'
import { configText, consumerText, type Subject, testText } from './templates.ts'
import { type NewFile, type Outcome, put } from './write.ts'

export interface Generation {
  /** The configuration as well. */
  readonly isInit: boolean
  readonly name: ConsumerName
  readonly topic: string
  readonly force: boolean
}

export interface Surroundings {
  readonly cwd: string
  readonly out: { write(text: string): unknown }
}

/** Throws USAGE where the topic can be none, CANNOT_CREATE, or CONFIG where package.json cannot be read. */
export async function generate(generation: Generation, { cwd, out }: Surroundings): Promise<void> {
  const { isInit, name, topic, force } = generation
  if (!isTopicName(topic)) {
    const what = `${JSON.stringify(topic)} is no topic name`
    throw new RacecarError('USAGE', `${what}: Kafka takes up to 249 letters, digits, dots, underscores and hyphens.`)
  }
  const project = projectIn(cwd)
  const subject = { name, topic, file: (await existing(cwd, name)) ?? fileFor(name, project) }
  const test = testFor(subject, project)
  const files: readonly NewFile[] = [
    ...(isInit ? [{ path: 'config/racecar.yml', text: configText(project.name) }] : []),
    { path: subject.file, text: consumerText(subject, modulesOf(cwd, subject.file)) },
    { path: test, text: testText(subject, test, { ...project, ...modulesOf(cwd, test) }) },
  ]
  for (const file of files) out.write(told(await put(cwd, file, force), file))
  out.write(next(subject, test, project))
}

const modulesOf = (cwd: string, file: string) => ({ isCommonJs: isCommonJs(join(cwd, file)) })

const fileFor = ({ file }: ConsumerName, { consumers, isTypeScript }: Project): string =>
  `${consumers}/${file}.${isTypeScript ? 'ts' : 'js'}`

/** One of that name, in whatever spelling and language. */
async function existing(cwd: string, { className }: ConsumerName): Promise<string | undefined> {
  const { candidates, lookedIn } = await locate(cwd, className)
  const [first] = candidates
  return first === undefined || isMade(lookedIn) ? undefined : relative(cwd, first).split(sep).join('/')
}

/** Node's own runner runs TypeScript since 22.18, but only by names that TypeScript does not like: so that test is no TypeScript. */
function testFor({ file }: Subject, { tests, runner }: Project): string {
  const base = posix.basename(file, extname(file))
  return `${tests}/${base}.test.${isTypeScript(file) && runner !== 'node' ? 'ts' : 'js'}`
}

const WIDEST = 'overwrite'.length

function told(outcome: Outcome, { path }: NewFile): string {
  const hint = outcome === 'exists' ? ', and is left as it is; --force overwrites it' : ''
  return `${outcome.padStart(WIDEST)}  ${path}${hint}\n`
}

function next({ name: { className }, topic, file }: Subject, test: string, project: Project): string {
  const lines: readonly (readonly [command: string, note: string])[] = [
    ...(project.hasEmbedded ? [] : [['npm install --save-dev racecar-embedded', 'a Kafka for development'] as const]),
    [`npx racecar --embedded ${className}`, 'runs it'],
    [`npx racecarctl produce --topic ${topic} --value hello`, 'in another terminal'],
    ...(needsTsx(file, project) ? [['npm install --save-dev tsx', 'runs TypeScript'] as const] : []),
    testing(file, test, project),
  ]
  const widest = Math.max(...lines.map(([command]) => command.length))
  const said = lines.map(([command, note]) => `  ${command.padEnd(widest)}  # ${note}\n`)
  return `\nNext:\n${said.join('')}`
}

/** TypeScript is written as ES modules, and in such a package Node would run it as CommonJS. */
const needsTsx = (file: string, { runner, isOutrightCommonJs }: Project): boolean =>
  runner === 'node' && isOutrightCommonJs && extname(file) === '.ts'

function testing(file: string, test: string, project: Project): readonly [command: string, note: string] {
  const { runner, isCommonJs } = project
  switch (runner) {
    case 'vitest':
      return ['npx vitest run', 'tests it']
    case 'jest':
      return [
        'NODE_OPTIONS=--experimental-vm-modules npx jest',
        `tests it; racecar is an ES module${isCommonJs ? ', which Jest can require on Node 24.9 or newer' : ''}`,
      ]
    case 'tsx':
      return [`node --import tsx --test ${test}`, 'tests it']
    case 'node':
      if (needsTsx(file, project)) return ['node --import tsx --test', 'tests it']
      return [
        'node --test',
        isTypeScript(file)
          ? 'tests it, on Node 22.18 or newer; before, npm install --save-dev tsx, and node --import tsx --test'
          : 'tests it',
      ]
    default:
      return runner satisfies never
  }
}
