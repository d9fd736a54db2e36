// The texts of the files that are written for a user. They are his from then on: short, and with nothing that he would have to
// delete first.

import { posix } from 'node:path'
import { isTypeScript } from '../../loader/files.ts'
import type { ConsumerName } from './names.ts'
import type { Project, Runner } from './project.ts'

export interface Subject {
  readonly name: ConsumerName
  readonly topic: string
  /** Where it lies, from the project's folder. */
  readonly file: string
}

type Modules = Pick<Project, 'isCommonJs'>

export function consumerText({ name: { className }, topic, file }: Subject, { isCommonJs }: Modules): string {
  const isTyped = isTypeScript(file)
  const isRequired = isCommonJs && !isTyped
  const body = `class ${className} extends Consumer {
  static {
    this.subscribesTo('${topic}')
  }

  // Called for each message, those of a partition in order. What it throws is logged, and the message comes again.
  process(message${isTyped ? ': Message' : ''}) {
    this.logger.info(\`Received \${message.value}\`)
  }
}
`
  return isRequired
    ? `const { Consumer } = require('racecar')\n\n${body}\nmodule.exports = { ${className} }\n`
    : `import { Consumer${isTyped ? ', type Message' : ''} } from 'racecar'\n\nexport ${body}`
}

/** Where TypeScript has to be tested by what only runs JavaScript, by the name of the file as it is. */
export function testText(
  subject: Subject,
  testFile: string,
  { isCommonJs, runner }: Modules & Pick<Project, 'runner'>,
) {
  const { name, topic, file } = subject
  // Vitest itself is an ES module, and takes its tests for such.
  const isRequired = isCommonJs && runner !== 'vitest' && !isTypeScript(testFile)
  const load = (names: string, from: string) =>
    isRequired ? `const ${names} = require('${from}')` : `import ${names} from '${from}'`
  const { imports, equal } = dialects[runner]
  const lines = [
    ...imports.flatMap(([names, from]) => (from < 'racecar' ? [load(names, from)] : [])),
    load('{ testConsumer }', 'racecar/testing'),
    ...imports.flatMap(([names, from]) => (from > 'racecar' ? [load(names, from)] : [])),
    load(`{ ${name.className} }`, importOf(file, testFile, isCommonJs)),
  ]
  return `${lines.join('\n')}

test('a message of ${topic} is handled', async () => {
  const consumer = await testConsumer(${name.className})
  await consumer.give({ value: 'hello' })
  await consumer.settle()
  ${equal(`consumer.committed('${topic}')`, '1')}
})
`
}

interface Dialect {
  readonly imports: readonly (readonly [names: string, from: string])[]
  readonly equal: (actual: string, expected: string) => string
}

const node: Dialect = {
  imports: [
    ['assert', 'node:assert/strict'],
    ['{ test }', 'node:test'],
  ],
  equal: (actual, expected) => `assert.equal(${actual}, ${expected})`,
}

const toBe: Dialect['equal'] = (actual, expected) => `expect(${actual}).toBe(${expected})`

const dialects: Readonly<Record<Runner, Dialect>> = {
  vitest: { imports: [['{ expect, test }', 'vitest']], equal: toBe },
  // Its functions are everywhere.
  jest: { imports: [], equal: toBe },
  tsx: node,
  node,
}

function importOf(file: string, testFile: string, isCommonJs: boolean): string {
  const path = posix.relative(posix.dirname(testFile), file)
  const relative = path.startsWith('.') ? path : `./${path}`
  if (!isTypeScript(file) || !isTypeScript(testFile)) return relative
  // As TypeScript wants it: what the file will be called when it is compiled, or nothing.
  return relative.replace(/(?:\.([cm])ts|\.ts)$/, (_, kind?: string) => (kind ? `.${kind}js` : isCommonJs ? '' : '.js'))
}

export const configText = (
  name: string,
): string => `# Options of racecar: a section for all environments, and one for each (--env, RACECAR_ENV, NODE_ENV, or development).
# A variable such as RACECAR_BROKERS, or a flag, goes before what stands here. What there is: npx racecar --help;
# what is in force, and why: npx racecar config.

common:
  # How this application is called in the logs of the brokers.
  client_id: ${JSON.stringify(name)}
  # The group is called as the consumer: ExampleConsumer is in example-consumer. Where applications share a Kafka they need a prefix.
  # group_id_prefix: ${JSON.stringify(`${name}-`)}
  # After an error a partition rests, longer each time, and the same message comes again; the other partitions go on.
  pause_timeout: 1
  pause_with_exponential_backoff: true
  max_pause_timeout: 60

development:
  brokers: [localhost:9092]

test:
  brokers: [localhost:9092]

production:
  brokers: [kafka-1.example.com:9092, kafka-2.example.com:9092]
  # Processes, each for some of the partitions.
  workers: 2
`
