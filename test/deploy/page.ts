// What the page of deploy/ names is there: files, options, variables, commands.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { optionNames, snakeOf, variableOf } from '../../src/config/names.ts'
import { faultsOf, startsIn } from './starts.ts'

/** What Kafka calls its own. */
const OTHERS = ['offsets.retention.minutes']

export async function page(path: string): Promise<string[]> {
  const text = readFileSync(path, 'utf8')
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, one]) => one!)
  const shell = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'))
  const commands = [...shell, ...inline].map(line => line.replace(/ +#.*/, '')).filter(line => / /.test(line))
  const starts = startsIn(commands).filter(({ command }) => command.length > 1)
  return [
    ...options(inline),
    ...namedIn(text),
    ...links(text, dirname(path)),
    ...(await Promise.all(starts.map(faultsOf))).flat(),
  ]
}

function options(inline: readonly string[]): string[] {
  const known = [...optionNames.map(snakeOf), ...OTHERS]
  const named = inline.flatMap(one => /^[a-z]+(_[a-z]+)+(?=$|:| )/.exec(one)?.[0] ?? [])
  return named.filter(name => !known.includes(name)).map(name => `no option ${name}`)
}

function namedIn(text: string): string[] {
  const variables: readonly string[] = optionNames.map(variableOf)
  const named = text.match(/RACECAR_[A-Z_]+/g) ?? []
  return named.filter(name => !variables.includes(name.replace(/_FILE$/, ''))).map(name => `no variable ${name}`)
}

/** Nothing is linked that is not there, and there is nothing that is not linked. */
function links(text: string, home: string): string[] {
  const anchors = [...text.matchAll(/^##+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(/[^\w -]/g, ''))
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to!.replace(/(?<=.)#.*/, ''))
  const dead = targets.filter(to =>
    to.startsWith('#') ? !anchors.includes(to.slice(1).replaceAll('-', ' ')) : !existsSync(join(home, to)),
  )
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(name =>
    statSync(join(home, name)).isFile(),
  )
  const untold = files.filter(name => name !== 'README.md' && !targets.includes(name))
  return [
    ...dead.filter(to => !/^(\.\.\/|https:)/.test(to)).map(to => `nothing at ${to}`),
    ...untold.map(name => `${name} is not told of`),
  ]
}
