import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Project, up } from '../../support/process.ts'

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0

/** The project as an image has it that nobody may write to; only for the processes below. */
function readOnly(project: Project): string[] {
  const { folder } = project
  const mount = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`
  return ['unshare', '--mount', 'sh', '-c', `${mount}; exec "$0" "$@"`]
}

function typescript(): Project {
  const project = new Project()
  project.write('consumers/welcome-consumer.js', '')
  project.write(
    'src/consumers/welcome-consumer.ts',
    `import { Consumer, type Message } from 'racecar'
     export class WelcomeConsumer extends Consumer {
       static { this.subscribesTo('greetings') }
       process(message: Message) { return message.value }
     }`,
  )
  return project
}

it.runIf(canMount)('TypeScript runs from a disk that cannot be written, by way of the temporary folder', async () => {
  await using project = typescript()
  const under = ['env', 'XDG_CACHE_HOME=/proc/nowhere', ...readOnly(project)]
  const racecar = project.startUnder(under, '--pidfile', '', '--workers', '2')
  await up(racecar, 2)
  process.kill(racecar.workers()[0]!, 'SIGKILL')
  await racecar.line('slot.up', ({ slot }) => slot === 'WelcomeConsumer/0', racecar.lines.length)
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})

it.runIf(canMount)(
  'with no place for compiled TypeScript at all it ends with 73, and says what is wrong with each',
  async () => {
    await using project = typescript()
    mkdirSync(project.path('tmp'))
    const nowhere = ['env', 'XDG_CACHE_HOME=/proc/nowhere', `TMPDIR=${project.path('tmp')}`, ...readOnly(project)]
    const racecar = project.startUnder(nowhere, '--pidfile', '')
    expect(await project.ended(racecar)).toEqual([73, null])
    expect(racecar.stderr).toContain('There is no folder to put compiled TypeScript into: /proc/nowhere/racecar (')
    expect(racecar.stderr).toContain(`${project.path('tmp')}/racecar-`)
    expect(racecar.forks()).toEqual([])
    project.expectNothingLeft()
  },
)
