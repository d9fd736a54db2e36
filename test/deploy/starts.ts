// What a file of deploy/ starts: commands of racecar with the variables that stand around them. Options, values, flags and commands are
// judged by those who will read them in earnest.
import { readCommandLine } from '../../src/cli/command-line.ts'
import { racecarctl } from '../../src/cli/racecarctl.ts'
import { loadConfig } from '../../src/config/load.ts'
import { options } from '../../src/config/options.ts'
import { EXIT } from '../../src/errors.ts'
import { Rig } from '../cli/ctl/rig.ts'

export interface Start {
  /** `racecar` or `racecarctl` at the end of a path, and its arguments. */
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** What whoever kills has to wait, in seconds: a whole stop, and five seconds for everything around it. */
export const GRACE = options.shutdownTimeout.default + 5

/** No restart mends these. */
export const HOPELESS = [EXIT.usage, EXIT.alreadyRunning, EXIT.notAllowed, EXIT.config]

// By itself, or where npm puts it: other places and users may be called so as well.
const PROGRAM = /(?:^|\.bin\/)(racecar|racecarctl)$/

/** From a line of a shell, or of what reads lines like one. */
export function startsIn(lines: readonly string[]): Start[] {
  return lines.flatMap(line => {
    const words = line.trim().split(/\s+/)
    const at = words.findIndex((word, index) => PROGRAM.test(word) && (index === 0 || word.includes('/')))
    return at < 0 ? [] : [{ command: words.slice(at) }]
  })
}

export async function faultsOf({ command: [program, ...args], env = {} }: Start): Promise<string[]> {
  const name = PROGRAM.exec(program ?? '')?.[1]
  if (name === undefined) return [`${program} is no program of ours`]
  return name === 'racecarctl' ? await faultsOfCtl(args) : faultsOfRun(args, env)
}

/** Nobody is there to be asked: what is left to find wrong is the command. */
async function faultsOfCtl(args: readonly string[]): Promise<string[]> {
  await using rig = new Rig()
  const code = await racecarctl(args, rig.ground({ folders: [] }))
  return code === EXIT.usage ? [`racecarctl ${args.join(' ')}: ${rig.err}`] : []
}

function faultsOfRun(args: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const errors: string[] = []
  const wanted = readCommandLine(args, '', { out: () => {}, err: text => errors.push(text) })
  if (wanted.kind === 'end') return errors
  if (wanted.kind !== 'run') return [`racecar ${args.join(' ')} runs no consumer`]
  try {
    return [...loadConfig({ env, flags: wanted.flags as Record<string, unknown>, readFile: () => 'secret' }).warnings]
  } catch (error) {
    return [(error as Error).message]
  }
}
