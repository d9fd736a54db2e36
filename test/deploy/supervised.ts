// Units of systemd, service folders of runit and s6, Procfiles: what is looked at without whoever runs them.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { options } from '../../src/config/options.ts'
import { faultsOf, GRACE, HOPELESS, type Start, startsIn } from './starts.ts'

const CONSUMER = 'GeoCodingConsumer'
const textOf = (path: string): string => readFileSync(path, 'utf8')
const faultsOfAll = async (starts: readonly Start[]): Promise<string[]> =>
  starts.length === 0 ? ['starts nothing'] : (await Promise.all(starts.map(faultsOf))).flat()

/** Its verdict on the whole, of 10 at most, less is better. */
const MOST_EXPOSED = 2

export const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

export async function unit(path: string): Promise<string[]> {
  const lines = textOf(path).replaceAll('%i', CONSUMER).split('\n')
  const all = (key: string) => lines.filter(line => line.startsWith(`${key}=`)).map(line => line.slice(key.length + 1))
  const [grace, start, codes] = ['TimeoutStopSec', 'TimeoutStartSec', 'RestartPreventExitStatus'].map(
    key => all(key)[0],
  )
  const env = Object.fromEntries(all('Environment').map(one => one.split('=')))
  const starts = startsIn([...all('ExecStart'), ...all('ExecReload')]).map(one => ({ ...one, env }))
  const rules = {
    'is no Type=notify with NotifyAccess=all': all('Type')[0] === 'notify' && all('NotifyAccess')[0] === 'all',
    'TimeoutStopSec is too short': Number(grace) >= GRACE,
    'TimeoutStartSec is shorter than boot_timeout': Number(start) > options.bootTimeout.default,
    'RestartPreventExitStatus has other codes': codes === HOPELESS.join(' '),
  }
  const broken = Object.entries(rules).flatMap(([fault, holds]) => (holds ? [] : [fault]))
  return [...broken, ...(await faultsOfAll(starts)), ...(hasSystemd ? analyzed(path) : [])]
}

/** By systemd itself, which wants the programs to be there. */
function analyzed(path: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-unit-'))
  try {
    const programs = join(folder, 'node_modules/.bin')
    mkdirSync(programs, { recursive: true })
    for (const name of ['racecar', 'racecarctl']) {
      writeFileSync(join(programs, name), '#!/bin/sh\n')
      chmodSync(join(programs, name), 0o755)
    }
    const name = basename(path).replace('@', `@${CONSUMER}`)
    writeFileSync(join(folder, name), textOf(path).replaceAll('/srv/app', folder))
    const { stderr } = spawnSync('systemd-analyze', ['verify', join(folder, name)], { encoding: 'utf8' })
    const exposure = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', join(folder, name)], {
      encoding: 'utf8',
    })
    const level = Number(/Overall exposure level for .*: ([\d.]+)/.exec(exposure.stdout)?.[1])
    return [...stderr.split('\n').filter(Boolean), ...(level <= MOST_EXPOSED ? [] : [`exposure level ${level}`])]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** That it can be run, and is a shell's; what it starts is racecar itself, in the shell's place. */
export async function run(path: string): Promise<string[]> {
  const lines = textOf(path).split('\n')
  const last = lines.filter(Boolean).at(-1)!
  const inPlace = last.startsWith('exec ') ? [] : ['a shell stays in front of racecar']
  return [...script(path), ...inPlace, ...(await faultsOfAll(startsIn([last])))]
}

export function finish(path: string): string[] {
  const codes = /^ +([\d |]+)\)/m.exec(textOf(path))?.[1]
  return [...script(path), ...(codes === HOPELESS.join(' | ') ? [] : [`other codes: ${codes}`])]
}

function script(path: string): string[] {
  try {
    accessSync(path, constants.X_OK)
    execFileSync('sh', ['-n', path], { stdio: 'pipe' })
    return textOf(path).startsWith('#!/bin/sh\n') ? [] : ['is no script of /bin/sh']
  } catch (error) {
    return [(error as Error).message]
  }
}

const values: Readonly<Record<string, (value: string) => boolean>> = {
  type: value => value === 'longrun',
  'down-signal': value => value === 'SIGTERM',
  'timeout-kill': value => Number(value) >= GRACE * 1000,
}

export function value(path: string): string[] {
  const text = textOf(path).trim()
  return values[basename(path)]?.(text) ? [] : [`${text} is not what it has to be`]
}

export async function procfile(path: string): Promise<string[]> {
  const lines = textOf(path).trim().split('\n')
  const isWrong = (line: string) => !/^[\w-]+: exec \S/.test(line)
  const wrong = lines.filter(isWrong).map(line => `no name, or a shell in front: ${line}`)
  const pidfiles = lines.flatMap(line => /--pidfile (\S+)/.exec(line)?.[1] ?? [])
  const shared = new Set(pidfiles).size === pidfiles.length ? [] : ['two have one pidfile']
  return [...wrong, ...shared, ...(await faultsOfAll(startsIn(lines)))]
}

export function foreman(path: string): string[] {
  const timeout = /^timeout: (\d+)$/m.exec(textOf(path))?.[1]
  return Number(timeout) >= GRACE ? [] : [`a timeout of ${timeout} in ${dirname(path)}`]
}
