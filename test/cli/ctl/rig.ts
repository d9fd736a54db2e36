// Racecars that racecarctl may find, all of them in the process of the test: a control socket each, that answers, says nothing, or
// whose process is somebody else's by now; and a ground on which a signal is only written down.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Ground } from '../../../src/cli/ctl/ground.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { About } from '../../../src/supervisor/commands.ts'
import { Control } from '../../../src/supervisor/control.ts'
import { birthOf } from '../../../src/supervisor/process-start.ts'
import { type Identity, placeOf, writeNote } from '../../../src/supervisor/run-folder.ts'
import type { Request } from '../../../src/supervisor/signals.ts'
import type { Standing } from '../../../src/supervisor/status.ts'

/** No system gives a number as high as this. */
export const NOBODY = 2 ** 22 + 1

/** What each of them says of itself. */
export const ABOUT: About = {
  startedAt: '2026-01-01T00:00:00.000Z',
  memoryBytes: 61 * 2 ** 20,
  logfile: null,
  configuration: { files: [], environment: 'development', variables: [], flags: [] },
}

export class Rig implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'racecarctl-'))
  readonly folder = join(this.home, 'racecar')
  readonly killed: number[] = []
  readonly asked: Request[] = []
  standing: () => Promise<Standing> = async () => ({ state: 'running', quiet: [], restart: null, slots: [] })
  /** What becomes of it when it is asked to stop. */
  onRequest: (request: Request, control: Control) => void = () => {}
  out = ''
  err = ''
  readonly #controls: Control[] = []
  readonly #servers: Server[] = []

  constructor() {
    mkdirSync(this.folder, { mode: 0o700 })
  }

  ground(changes: Partial<Ground> = {}): Ground {
    return {
      folders: [join(this.home, 'elsewhere/racecar'), this.folder],
      cwd: this.home,
      env: {},
      input: () => Readable.from([]),
      clock: systemClock,
      out: {
        write: text => {
          this.out += text
        },
      },
      err: {
        write: text => {
          this.err += text
        },
      },
      interrupted: () => new AbortController().signal,
      kill: pid => void this.killed.push(pid),
      ...changes,
    }
  }

  identity(changes: Partial<Identity> = {}): Identity {
    const { pid } = process
    return {
      pid,
      birth: birthOf(pid) ?? null,
      consumer: 'WelcomeConsumer',
      pidfile: null,
      version: '1.2.3',
      ...changes,
    }
  }

  async racecar(changes: Partial<Identity> = {}): Promise<Control> {
    const identity = this.identity(changes)
    const control: Control = await Control.open({
      identity,
      folders: [this.folder],
      controlled: {
        hello: () => ({ ...identity, group: 'welcome' }),
        about: () => ABOUT,
        status: () => this.standing(),
        graceMs: () => 7000,
        ask: request => {
          this.asked.push(request)
          this.onRequest(request, control)
        },
      },
    })
    this.#controls.push(control)
    return control
  }

  /** Takes connections, as the system does for a process that is stopped, and says nothing. */
  async mute(changes: Partial<Identity> = {}): Promise<void> {
    const identity = this.identity(changes)
    const place = placeOf(this.folder, identity)
    await writeNote(place, identity)
    const server = createServer()
    this.#servers.push(server)
    await new Promise<void>(resolve => server.listen({ path: place.socket }, resolve))
  }

  write(name: string, text: string): string {
    const file = join(this.home, name)
    writeFileSync(file, text)
    return file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const control of this.#controls) await control.close()
    for (const server of this.#servers) server.close()
    rmSync(this.home, { recursive: true, force: true })
  }
}
