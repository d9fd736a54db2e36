// --inspect and --inspect-brk, as Node has them: a debugger's port in each worker. While somebody looks at a worker it neither
// beats nor answers, and no limit may end it for that.

import type { Config } from '../config/options.ts'
import { RacecarError } from '../errors.ts'

export interface Inspect {
  /** Waits for the debugger before anything is loaded. */
  readonly brk: boolean
  readonly host: string
  /** Of the first worker; the others have the ones after it. */
  readonly port: number
}

const DEFAULT = { host: '127.0.0.1', port: 9229 }

export interface Taken {
  readonly argv: readonly string[]
  readonly inspect?: Inspect
}

/** Takes them out of the arguments: an optional value would swallow the consumer's name. Throws USAGE. */
export function takeInspect(argv: readonly string[]): Taken {
  const pattern = /^--inspect(-brk)?(?:=(.*))?$/
  const given = argv.map(arg => pattern.exec(arg)).filter(match => match !== null)
  const last = given.at(-1)
  if (!last) return { argv }
  const [, brk, address = ''] = last
  return { argv: argv.filter(arg => !pattern.test(arg)), inspect: { brk: brk !== undefined, ...addressOf(address) } }
}

function addressOf(text: string): { host: string; port: number } {
  const { host, port } =
    /^(?:(?<host>\[[\da-f:.]+\]|[\w.-]*[a-z.][\w.-]*)(?::|$))?(?<port>\d{1,5})?$/i.exec(text)?.groups ?? {}
  const number = port === undefined ? DEFAULT.port : Number(port)
  if ((text !== '' && host === undefined && port === undefined) || number < 1 || number > 65_535)
    throw new RacecarError('USAGE', `--inspect takes [host:]port, but says ${JSON.stringify(text)}.`)
  return { host: host ?? DEFAULT.host, port: number }
}

/** For Node, in a worker: its port is node:cluster's business. */
export const inspectArgs = ({ brk, host }: Inspect): readonly string[] => [
  brk ? `--inspect-brk=${host}` : `--inspect=${host}`,
]

/** The longest that brokers allow by default: 30 minutes; and the longest that a timer can wait. */
const LONGEST = { session: 1800, timer: 2_147_483 }

/** The limits that a debugger would run into. */
export const patience = {
  bootTimeout: LONGEST.timer,
  hangTimeout: 0,
  maxPollInterval: LONGEST.timer,
  maxWorkerAge: LONGEST.timer,
  maxWorkerMemory: Number.MAX_SAFE_INTEGER,
  sessionTimeout: LONGEST.session,
} satisfies Partial<Config>

export const inspectsWorkers = (): RacecarError =>
  new RacecarError(
    'CONFIG',
    '--inspect is for workers, and there are none with workers 0: start node --inspect itself.',
  )

export const PATIENCE_WARNING =
  'With --inspect no limit ends a worker: boot_timeout, hang_timeout and max_poll_interval are off, and session_timeout is 30 minutes.'
