// An application in a container as deploy/container/Dockerfile describes it, without an engine: its last stage's user, environment
// and entry point, on a root file system that cannot be written. From the machine below it has the system, Node, and racecar's dependencies.

import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserProject } from '../package/installed.ts'
import type { Launcher } from './container.ts'
import { type Runtime, runtimeOf } from './dockerfile.ts'
import { NOWHERE } from './process.ts'
import type { ProcessOptions } from './racecar-process.ts'
import type { CtlResult } from './racecarctl.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const node = dirname(dirname(process.execPath))

// Takes the root, the application, where that is in there, and folders of this machine; then what is run, and how.
const ENTER = `set -e
root=$0 app=$1 home=$2; shift 2
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/tmp" "$root$home" "$root/proc" "$root/dev"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 tmpfs "$root/tmp"
while [ "$2" != -- ]; do
  shift
  if [ -L "$1" ]; then cp -P "$1" "$root$1"; else mkdir -p "$root$1"; mount --bind -o ro "$1" "$root$1"; fi
done
shift 2
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind -o ro "$app" "$root$home"
mount -o remount,ro "$root"
exec chroot "$root" "$@"`

export class Image implements Launcher, AsyncDisposable {
  readonly runtime: Runtime
  readonly #project: UserProject
  readonly #root = mkdtempSync(join(tmpdir(), 'racecar-root-'))

  private constructor(dockerfile: string, project: UserProject) {
    this.runtime = runtimeOf(dockerfile)
    this.#project = project
  }

  static async of(dockerfile: string, files: Readonly<Record<string, string>>): Promise<Image> {
    const project = await UserProject.with('flat', files)
    chmodSync(project.folder, 0o755)
    return new Image(dockerfile, project)
  }

  /** With `docker run`'s arguments in place of CMD. */
  launch(under: readonly string[], ...args: string[]): ProcessOptions {
    const { entrypoint, command, workdir } = this.runtime
    const system = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib64', node, root].filter(place => existsSync(place))
    const enter = ['sh', '-c', ENTER, this.#root, this.#project.folder, workdir, ...system, '--']
    return {
      cwd: tmpdir(),
      args: args.length > 0 ? args : command,
      env: {},
      under: [...under, ...enter, ...this.#as()],
      program: entrypoint,
    }
  }

  /** As `docker exec` runs it, beside this process. */
  exec(pid: number, ...command: readonly string[]): Promise<CtlResult> {
    const args = ['--target', `${pid}`, '--mount', '--pid', '--root', ...this.#as(), ...command]
    return new Promise(resolve =>
      execFile('nsenter', args, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      ),
    )
  }

  /** A user without any right, and nobody's environment but the image's. */
  #as(): string[] {
    const { user, env, workdir } = this.runtime
    const [uid, gid] = user.split(':')
    const given = {
      PATH: `${node}/bin:/usr/local/bin:/usr/bin:/bin`,
      RACECAR_BROKERS: NOWHERE,
      RACECAR_LOG_FORMAT: 'json',
      ...env,
    }
    const rights = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--clear-groups']
    const variables = Object.entries(given).map(([name, value]) => `${name}=${value}`)
    return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...rights, 'env', '-C', workdir, '-i', ...variables]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#project[Symbol.dispose]()
    rmSync(this.#root, { recursive: true, force: true })
  }
}
