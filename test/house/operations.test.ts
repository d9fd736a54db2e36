// OPERATIONS.md quotes what racecar says, to people who compare it letter by letter: each quoted line is what an event of the kind
// makes, and each option, flag, command, event and exit code that the page names is there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../src/cli/command-line.ts'
import { racecarctl } from '../../src/cli/racecarctl.ts'
import { optionNames, snakeOf, variableOf } from '../../src/config/names.ts'
import { EXIT } from '../../src/errors.ts'
import type { EventName, Events } from '../../src/events/events.ts'
import { messageOf } from '../../src/observe/line.ts'
import { levelOf, sentences } from '../../src/observe/sentences.ts'
import { Rig } from '../cli/ctl/rig.ts'
import { examples } from './operations-examples.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'OPERATIONS.md'), 'utf8')

/** What pm2 and Kafka call theirs. */
const OTHERS = ['kill_timeout', 'offsets.retention.minutes']

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].flatMap(([, text]) =>
    text!.trim().split('\n'),
  )
const prose = page.replace(/^```[\s\S]*?^```/gm, '')
const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)
const incidents = page
  .slice(page.indexOf('\n## Incidents'), page.indexOf('\n## What to watch'))
  .split('\n### ')
  .slice(1)
  .map(text => ({ title: text.slice(0, text.indexOf('\n')), text }))

const quoted = blocks('log').map(line => {
  const [, level, event, message] = /^(DEBUG|INFO|WARN|ERROR) (\S+) (.+)$/.exec(line) ?? []
  return { line, level: level?.toLowerCase(), event, message: message! }
})

const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n')

/** Names, numbers and places: what stands between the words of a sentence. */
const BETWEEN =
  /…|\d+|\/[\w./-]+|GeoCodingConsumer|\b(?:pageviews|lz4(?:-napi)?|range)\b|--[\w-]+|[\w]+-[\w-]+|\w+_\w+|SIG[A-Z]+|[:;.,()"]| in | which | or |failed|^[- ]+/

/** Of what is said the words that src does not have. */
const unsaid = (text: string): string[] =>
  text
    .split(BETWEEN)
    .map(part => part.trim())
    .filter(part => part.length >= 8 && !source.includes(part))

const eventsSaying = (event: string, message: string) =>
  examples
    .filter(([name]) => name === event)
    .filter(([name, data]) => messageOf(name, data as Events[EventName]) === message)
    .map(([name, data]) => levelOf(name, data as Events[EventName]))

describe('OPERATIONS.md', () => {
  it('quotes lines as they are written', () => {
    expect(quoted.length).toBeGreaterThan(40)
    for (const { line, level, event, message } of quoted) {
      if (event === 'line') expect(unsaid(message), line).toEqual([])
      else expect(eventsSaying(event!, message), line).toContain(level)
    }
  })

  it('has an example of no line that it does not quote', () => {
    const all = examples.map(([name, data]) => messageOf(name, data as Events[EventName]))
    expect(all.filter(message => !quoted.some(line => line.message === message))).toEqual([])
  })

  it('has reasons in its examples that src gives', () => {
    const reasons = examples.flatMap(([, data]) =>
      Object.entries(data).flatMap(([key, text]) => (/^(why|reason)$/.test(key) ? [String(text)] : [])),
    )
    expect(reasons.length).toBeGreaterThan(15)
    const ofUsers = ['no database', 'but found', 'no route to host', 'Cannot find native binding']
    expect(reasons.flatMap(unsaid).filter(part => !ofUsers.includes(part))).toEqual([])
  })

  it('says otherwise, too, what racecar and racecarctl say', () => {
    const table = page.slice(page.indexOf('\n## By symptom'), page.indexOf('\n## Incidents'))
    const symptoms = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => cell!.match(/`[^`]+`/g) ?? [])
    const said = [...blocks('text').filter(line => !/[<≤]/.test(line)), ...symptoms.map(text => text.slice(1, -1))]
    expect(said.length).toBeGreaterThan(40)
    expect(said.flatMap(unsaid)).toEqual([])
  })

  it('names options, variables and events that are there', () => {
    const options = optionNames.map(snakeOf)
    const named = inline.flatMap(text => /^[a-z]+(_[a-z]+)+(?=$|:| )/.exec(text)?.[0] ?? [])
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter(name => !options.includes(name) && !OTHERS.includes(name))).toEqual([])
    const variables = page.match(/RACECAR_[A-Z_]+/g) ?? []
    expect(variables.filter(name => !optionNames.some(one => variableOf(one) === name))).toEqual(['RACECAR_WROKERS'])
    const room = new Set(Object.keys(sentences).map(name => name.split('.')[0]))
    const events = inline.filter(text => /^[a-z]+(\.[a-z]+)+$/.test(text) && room.has(text.split('.')[0]!))
    expect(events.length).toBeGreaterThan(20)
    expect(events.filter(name => !Object.hasOwn(sentences, name) && !OTHERS.includes(name))).toEqual([])
  })

  it('has commands that can be given', async () => {
    const commands = [...blocks('sh'), ...inline]
      .map(line => line.replace(/ +#.*/, ''))
      .flatMap(line => line.split(/&&|\|/))
      .map(line => /(?:^|=\S* |\/)(racecar|racecarctl) (.+)/.exec(line.trim()))
      .flatMap(found => (found ? [{ program: found[1]!, args: found[2]!.trim().split(' ') }] : []))
    expect(commands.length).toBeGreaterThan(25)
    await using rig = new Rig()
    // Nobody is there to be asked, nor may anything be produced: what is left to find wrong is the command itself.
    const ground = rig.ground({ folders: [], env: { RACECAR_WORKERS: 'none' } })
    const wrong: string[] = []
    for (const { program, args } of commands) {
      const isRight =
        program === 'racecarctl'
          ? (await racecarctl(args, ground)) !== EXIT.usage
          : readCommandLine(args, '', { out: () => {}, err: () => {} }).kind !== 'end'
      if (!isRight) wrong.push(`${program} ${args.join(' ')}`)
    }
    expect(wrong).toEqual([])
  })

  it('leads from symptoms to incidents, and from each exit code, and says of each what it means, what follows, what to do and when it is over', () => {
    const anchor = (title: string) => `#${title.toLowerCase().replaceAll(' ', '-')}`
    const anchors = [...page.matchAll(/^##+ (.+)$/gm)].map(([, title]) => anchor(title!))
    const links = [...page.matchAll(/\]\((#[^)]+)\)/g)].map(([, to]) => to!)
    expect(links.filter(to => !anchors.includes(to))).toEqual([])
    expect(incidents.length).toBeGreaterThan(25)
    expect(incidents.filter(({ title }) => !links.includes(anchor(title)))).toEqual([])
    const parts = ['It means', 'racecar does', 'You do', 'It is over when'].map(part => `**${part}**`)
    const isTask = ({ title }: { title: string }) => /^(Rest|Replay|Move) /.test(title)
    const isWhole = ({ text }: { text: string }) => parts.every(part => text.includes(part))
    expect(incidents.filter(one => !isTask(one) && !isWhole(one)).map(({ title }) => title)).toEqual([])
    const codes = [...page.matchAll(/^\| (\d[\d, ]*)\|/gm)].flatMap(([, cell]) => cell!.split(',').map(Number))
    expect(codes.sort((a, b) => a - b)).toEqual(Object.values(EXIT))
  })
})
